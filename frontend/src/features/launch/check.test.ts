import { describe, expect, it } from "vitest";

import { checkConfig } from "./check";
import { runConfigForm as form } from "./testSchema";
import { effective, type Path, setIn } from "./values";

const check = (path: Path, value: Parameters<typeof setIn>[2]) => checkConfig(form, setIn(effective(form, {}), path, value));

describe("checkConfig", () => {
  it("finds nothing in the defaults, whether written out or left out", () => {
    const start = { data: { kind: "multiplication" }, algorithm: { name: "sa_ah_grpo" }, rewards: { functions: [{ kind: "exact_text" }] } };
    expect(checkConfig(form, start)).toEqual([]);
    expect(checkConfig(form, effective(form, start))).toEqual([]);
  });

  it.each([
    [["max_steps"], 0, "is too small"],
    [["max_steps"], 1.5, "is not a whole number"],
    [["max_steps"], "many", "is not a whole number"],
    [["max_steps"], "", "is empty"],
    [["optimizer", "learning_rate"], 0, "is too small"],
    [["optimizer", "learning_rate"], 2, "is too large"],
    [["optimizer", "lr_scheduler_type"], "step", "is none of the choices"],
    [["resources", "labels"], ["a b"], "has characters that are not allowed here"],
    [["resources", "num_threads"], 0, "is too small"],
    [["model", "lora_target_modules"], "some", "has none of the forms it may have"],
    [["model", "learning_rate"], 1, "is no field of the configuration"],
    [["schema_version"], 2, "cannot be changed"],
  ] as const)("%s = %j %s", (path, value, message) => {
    const problems = check(path, typeof value === "object" ? [...value] : value);
    expect(problems.map((problem) => problem.message)).toEqual([message]);
    expect(problems[0]?.path.startsWith(path.join("."))).toBe(true);
  });

  it("allows null only where it means something", () => {
    expect(check(["checkpoints", "save_total_limit"], null)).toEqual([]);
    expect(check(["checkpoints", "save_steps"], null)).toHaveLength(1);
  });

  it("points at the tag of a union that is none of its variants", () => {
    expect(check(["algorithm"], { name: "ppo" })).toEqual([
      { path: "algorithm.name", message: "is none of the choices", remedy: "Choose one of grpo, ah_grpo, sa_ah_grpo." },
    ]);
  });

  it("wants what has no default", () => {
    expect(check(["rewards"], { functions: [{ kind: "python" }] })).toEqual([
      { path: "rewards.functions.0.function", message: "is missing", remedy: "Give a value: there is no default." },
    ]);
  });

  it("suggests the field that was meant", () => {
    expect(check(["optimizer", "learningRate"], 1)[0]?.remedy).toContain("learning_rate");
  });

  it("leaves patterns beyond ASCII to the server, whose classes are wider", () => {
    expect(check(["resources", "labels"], ["größe"])).toEqual([]);
  });
});
