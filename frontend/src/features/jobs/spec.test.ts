import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/errors";

import { numbers, parseChanges, problemsOf, shownValue, wholeNumbers } from "./spec";

describe("a draft's numbers", () => {
  it("leave out what is empty and name what is none", () => {
    expect(numbers({ seed: " 3 ", top_p: "", temperature: "0.5" }, ["seed", "top_p", "temperature"])).toEqual({
      values: { seed: 3, temperature: 0.5 },
      wrong: null,
    });
    expect(numbers({ seed: "three" }, ["seed"]).wrong).toBe("seed");
  });

  it("of a list are whole", () => {
    expect(wholeNumbers("2, 4 8")).toEqual([2, 4, 8]);
    expect(wholeNumbers(" ")).toBeUndefined();
    expect(wholeNumbers("2, 2.5")).toBeNull();
  });
});

it("shows values of the configuration where a field is empty", () => {
  expect([shownValue(0.8), shownValue([2, 4]), shownValue([]), shownValue(null), shownValue({})]).toEqual([
    "0.8",
    "2, 4",
    "none",
    undefined,
    undefined,
  ]);
});

it("puts the server's words beside the fields they are about", () => {
  const problem = (path: string) => ({ path, message: `${path} is wrong`, remedy: "Mend it." });
  const error = new ApiError(422, {
    type: "",
    title: "Invalid",
    status: 422,
    detail: "several",
    errors: [problem("spec.temperature"), problem("spec.data.digits"), problem("spec")],
    expected_seq: null,
  });
  const found = problemsOf(error);
  expect(found.get("temperature")).toBe("spec.temperature is wrong. Mend it.");
  expect(found.get("data")).toContain("data.digits");
  expect(found.get("")).toBe("spec is wrong. Mend it.");
  expect(problemsOf(new Error("no network")).get("")).toBe("no network");
  expect(problemsOf(null).size).toBe(0);
});

it("reads changes a line each, as JSON where it is any", () => {
  expect(parseChanges(" max_steps = 50\n\noptimizer.learning_rate=1e-5\nmodel.note = a=b\nflag = true")).toEqual({
    max_steps: 50,
    "optimizer.learning_rate": 1e-5,
    "model.note": "a=b",
    flag: true,
  });
  expect(parseChanges("")).toEqual({});
  expect(parseChanges("nonsense")).toContain("FIELD = VALUE");
});
