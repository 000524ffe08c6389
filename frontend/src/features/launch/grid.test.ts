import { describe, expect, it } from "vitest";

import { checkAxes, experimentName, gridFields, parseValues, valuesText } from "./grid";
import { runConfigForm } from "./testSchema";

describe("the grid", () => {
  it("can go over the fields of every variant, and over which variant it is", () => {
    const fields = new Map(gridFields(runConfigForm).map((field) => [field.path, field]));
    expect(fields.get("algorithm.name")?.options).toEqual(["grpo", "ah_grpo", "sa_ah_grpo"]);
    expect(fields.get("algorithm.alpha")?.some).toBe(true);
    expect(fields.get("optimizer.learning_rate")?.some).toBe(false);
    expect(fields.get("rollout.dynamic_sampling")?.options).toEqual([true, false]);
    expect(fields.has("seed")).toBe(false);
    expect(fields.has("rewards.functions")).toBe(false);
  });

  it.each([
    ["1e-4, 5e-4", [1e-4, 5e-4]],
    [".5, 2.", [0.5, 2]],
    ["grpo, ah_grpo", ["grpo", "ah_grpo"]],
    ["true, null", [true, null]],
    ['[[1, 2], "a, b"]', [[1, 2], "a, b"]],
    [" , ", []],
  ])("reads %s", (text, values) => {
    expect(parseValues(text)).toEqual(values);
  });

  it("writes values as it reads them", () => {
    expect(valuesText(["grpo", 0.5, true])).toBe("grpo, 0.5, true");
  });

  it("names what is not finished, and the experiment", () => {
    expect(checkAxes([{ field: "", values: "1" }, { field: "seed", values: "" }]).map((one) => one.path)).toEqual(["axes.0", "axes.1"]);
    expect(experimentName("Demo", [{ field: "algorithm.name", values: "grpo" }])).toBe("algorithm, Demo");
  });
});
