import { describe, expect, it } from "vitest";

import { compileSchema, titleOf } from "./schema";
import { runConfigForm } from "./testSchema";
import { nodeAt, parsePath } from "./values";

const at = (path: string, config = {}) => nodeAt(runConfigForm, config, parsePath(path));

describe("compileSchema", () => {
  it("reads bounds, units and what is advanced from the served schema", () => {
    expect(at("max_steps")).toMatchObject({ kind: "number", integer: true, min: 1, max: 10_000_000, unit: "steps", title: "Max steps" });
    expect(at("optimizer.adam_beta1")).toMatchObject({ kind: "number", advanced: true, max: 1, maxExclusive: true, minExclusive: false });
    expect(at("model.use_peft")).toMatchObject({ kind: "switch", title: "LoRA" });
  });

  it("makes a null that is allowed part of the field, not a choice", () => {
    expect(at("algorithm.epsilon_high", { algorithm: { name: "grpo" } })).toMatchObject({ kind: "number", nullable: true, default: null });
    expect(at("model.model_revision")).toMatchObject({ kind: "text", nullable: true, maxLength: 100 });
  });

  it("follows discriminated unions, in lists too", () => {
    const algorithm = at("algorithm");
    expect(algorithm?.kind === "union" && algorithm.variants.map((variant) => variant.tag)).toEqual(["grpo", "ah_grpo", "sa_ah_grpo"]);
    const config = { rewards: { functions: [{ kind: "exact_number" }, { kind: "regex" }] } };
    expect(at("rewards.functions.1.pattern", config)).toMatchObject({ kind: "text" });
    expect(at("rewards.functions.0.pattern", config)).toBeUndefined();
  });

  it("offers alternatives without a tag and free objects", () => {
    const modules = at("model.lora_target_modules");
    expect(modules?.kind === "either" && modules.options.map((option) => option.kind)).toEqual(["list", "const"]);
    expect(at("data.task_options", { data: { kind: "reasoning_gym" } })).toMatchObject({ kind: "json", object: true });
  });

  it("draws a schema it has never seen", () => {
    const node = compileSchema({
      type: "object",
      properties: { a: { type: "string", enum: ["x", "y"] }, b: { anyOf: [{ type: "integer" }, { type: "null" }] }, c: {} },
      required: ["a"],
    });
    expect(node.fields.map((field) => [field.key, field.kind, field.required])).toEqual([
      ["a", "choice", true],
      ["b", "number", false],
      ["c", "json", false],
    ]);
  });

  it("names the reference that is missing", () => {
    expect(() => compileSchema({ $ref: "#/$defs/Nope" })).toThrow("#/$defs/Nope");
  });
});

describe("titleOf", () => {
  it("writes a generated title as a sentence and keeps a chosen one", () => {
    expect(titleOf("adam_beta1", "Adam Beta1")).toBe("Adam beta1");
    expect(titleOf("use_peft", "LoRA")).toBe("LoRA");
  });
});
