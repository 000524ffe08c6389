import { expect, it } from "vitest";

import type { Rule } from "@/api/types";

import { keyFor, KINDS, startDraft, toDraft, toEdit } from "./ruleForm";

const rule: Rule = {
  key: "reward-stalled",
  name: "Reward stalled",
  condition: { kind: "stalled", metric: "reward", better: "higher", steps: 100, min_delta: 0.005, smoothing: 20, enough: null },
  action: "pause",
  enabled: false,
  advice: "Look.",
  origin: "built-in",
  built_in: true,
  words: "",
};

it("gives back the rule that it was given", () => {
  const { condition, action, enabled, advice, name } = rule;
  expect(toEdit(toDraft(rule))).toEqual({ condition, action, enabled, advice, name });
});

it("starts each kind with every field it has", () => {
  for (const { kind, fields } of KINDS) {
    const { condition } = toEdit({ ...startDraft(kind), name: "x" });
    expect(Object.keys(condition).sort()).toEqual(["kind", ...fields.map(({ key }) => key)].sort());
  }
});

it("makes a key that nobody has", () => {
  expect(keyFor("Réward < 0.1!", [])).toBe("reward-0-1");
  expect(keyFor("Low", ["low", "low-2"])).toBe("low-3");
  expect(keyFor("…", [])).toBe("rule");
});
