import { describe, expect, it } from "vitest";

import { cleared, isFiltered, nextSort, toFilters, validateRunsSearch } from "./search";

describe("the run table's URL", () => {
  it("keeps what is well formed and drops the rest", () => {
    expect(
      validateRunsSearch({ status: ["running", "flying"], tag: "a", q: "x", sort: "-step", deleted: "true", junk: 1, where: "seed=0" }),
    ).toEqual({ status: ["running"], tag: ["a"], q: "x", sort: "-step", deleted: true, where: ["seed=0"] });
    expect(validateRunsSearch({ sort: "--evil,", status: "nope", q: ["x"], col: 3 })).toEqual({});
    expect(validateRunsSearch({ sort: "-metric.eval/pass@1.max,name" }).sort).toBe("-metric.eval/pass@1.max,name");
  });

  it("leaves defaults out and gives the API filters and order only", () => {
    expect(validateRunsSearch({ sort: "-created_at", q: "" })).toEqual({});
    expect(toFilters({ col: "name", width: "name:20", q: "x", group: "seed" })).toEqual({ sort: "-created_at", q: "x" });
  });

  it("tells filters from the rest of the view", () => {
    expect(isFiltered({ sort: "name", col: "name" })).toBe(false);
    expect(isFiltered({ where: ["seed=0"] })).toBe(true);
    expect(cleared({ where: ["seed=0"], q: "x", col: "name" })).toEqual({ col: "name" });
  });

  it("sorts numbers from the top and names from A, then turns round", () => {
    expect(nextSort({}, "last_reward", false)).toBe("-last_reward");
    expect(nextSort({ sort: "-last_reward" }, "last_reward", false)).toBe("last_reward");
    expect(nextSort({ sort: "-last_reward" }, "name", false)).toBe("name");
    expect(nextSort({}, "created_at", false)).toBe("created_at");
    expect(nextSort({ sort: "-step,name" }, "step", false)).toBe("-step");
  });

  it("adds a column with shift, turns it round, then lets it go", () => {
    expect(nextSort({ sort: "algorithm" }, "last_reward", true)).toBe("algorithm,-last_reward");
    expect(nextSort({ sort: "algorithm,-last_reward" }, "last_reward", true)).toBe("algorithm,last_reward");
    expect(nextSort({ sort: "algorithm,last_reward" }, "last_reward", true)).toBe("algorithm");
    expect(nextSort({ sort: "last_reward" }, "last_reward", true)).toBe("-created_at");
  });
});
