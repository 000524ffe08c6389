import { describe, expect, it } from "vitest";

import { parseSearch, stringifySearch } from "./search";

describe("search parameters", () => {
  it("reads repeated keys as lists and everything as text", () => {
    expect(parseSearch("?status=running&status=queued&q=a%20b&seed=7")).toEqual({
      status: ["running", "queued"],
      q: "a b",
      seed: "7",
    });
  });

  it("writes them back, without what is absent or empty", () => {
    expect(stringifySearch({ status: ["running", "queued"], q: "", tag: undefined, log: true, smooth: 0.6 })).toBe(
      "?status=running&status=queued&log=true&smooth=0.6",
    );
    expect(stringifySearch({})).toBe("");
  });

  it("keeps lists of runs readable", () => {
    expect(stringifySearch({ runs: "a,b" })).toBe("?runs=a,b");
    expect(parseSearch("?runs=a,b")).toEqual({ runs: "a,b" });
  });
});
