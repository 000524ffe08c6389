import { describe, expect, it } from "vitest";

import { isFiltered, nextSort, toFilters, validateRunsSearch } from "./search";

describe("the run table's URL", () => {
  it("keeps what is well formed and drops the rest", () => {
    expect(
      validateRunsSearch({ status: ["running", "flying"], tag: "a", q: "x", sort: "-step", deleted: "true", junk: 1 }),
    ).toEqual({ status: ["running"], tag: ["a"], q: "x", sort: "-step", deleted: true });
    expect(validateRunsSearch({ sort: "evil", status: "nope", q: ["x"] })).toEqual({});
  });

  it("leaves defaults out and puts them in for the API", () => {
    expect(validateRunsSearch({ sort: "-created_at", q: "" })).toEqual({});
    expect(toFilters({})).toEqual({ sort: "-created_at" });
  });

  it("does not call an order a filter", () => {
    expect(isFiltered({ sort: "name" })).toBe(false);
    expect(isFiltered({ q: "x" })).toBe(true);
  });

  it("sorts numbers from the top and names from A, then turns round", () => {
    expect(nextSort(undefined, "last_reward")).toBe("-last_reward");
    expect(nextSort("-last_reward", "last_reward")).toBe("last_reward");
    expect(nextSort("-last_reward", "name")).toBe("name");
    expect(nextSort("name", "name")).toBe("-name");
    expect(nextSort(undefined, "created_at")).toBe("created_at");
  });
});
