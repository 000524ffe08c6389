/** A rule's fields as a form has them, and back. */

import type { Rule, RuleCondition, RuleEdit } from "@/api/types";

export type Kind = RuleCondition["kind"];

interface FieldBase {
  key: string;
  label: string;
  help?: string;
}
export type RuleField =
  | (FieldBase & { type: "metric" })
  | (FieldBase & { type: "number"; unit?: string; optional?: boolean; whole?: boolean })
  | (FieldBase & { type: "choice"; options: readonly { value: string; label: string }[] });

const METRIC: RuleField = { key: "metric", label: "Metric", type: "metric" };
const REPORTS: RuleField = { key: "reports", label: "In a row", type: "number", unit: "reports", whole: true };

/** The kinds of conditions, the likeliest first, each with its fields and what they start from. */
export const KINDS: readonly { kind: Kind; label: string; fields: readonly RuleField[]; start: Record<string, unknown> }[] = [
  {
    kind: "threshold",
    label: "Beyond a value",
    fields: [
      METRIC,
      {
        key: "op",
        label: "Is",
        type: "choice",
        options: [
          { value: ">", label: "above" },
          { value: ">=", label: "at or above" },
          { value: "<", label: "below" },
          { value: "<=", label: "at or below" },
        ],
      },
      { key: "value", label: "Value", type: "number" },
      REPORTS,
    ],
    start: { metric: "reward", op: "<", value: "0.1", reports: "5" },
  },
  {
    kind: "shift",
    label: "Moved from its baseline",
    fields: [
      METRIC,
      {
        key: "direction",
        label: "It",
        type: "choice",
        options: [
          { value: "drops", label: "drops" },
          { value: "rises", label: "rises" },
        ],
      },
      { key: "by", label: "By", type: "number", help: "Share of the baseline: 1 is a rise to twice as much, 0.9 a drop to a tenth." },
      {
        key: "baseline",
        label: "Baseline",
        type: "choice",
        options: [
          { value: "running", label: "a running mean" },
          { value: "start", label: "the run's first reports" },
        ],
      },
      { key: "baseline_reports", label: "Over", type: "number", unit: "reports", whole: true },
      REPORTS,
    ],
    start: { metric: "entropy", direction: "drops", by: "0.5", baseline: "running", baseline_reports: "20", reports: "3" },
  },
  {
    kind: "stalled",
    label: "No longer gets better",
    fields: [
      METRIC,
      {
        key: "better",
        label: "Better is",
        type: "choice",
        options: [
          { value: "higher", label: "higher" },
          { value: "lower", label: "lower" },
        ],
      },
      { key: "steps", label: "No new best for", type: "number", unit: "steps", whole: true },
      { key: "min_delta", label: "A best beats the last by", type: "number" },
      { key: "smoothing", label: "Smoothed over", type: "number", unit: "reports", whole: true },
      { key: "enough", label: "Unless at least", type: "number", optional: true, help: "No alert while the smoothed value is this good; empty: always." },
    ],
    start: { metric: "reward", better: "higher", steps: "100", min_delta: "0.005", smoothing: "20", enough: "" },
  },
  {
    kind: "not_finite",
    label: "NaN or infinite",
    fields: [{ ...METRIC, help: "* is every metric." }],
    start: { metric: "*" },
  },
  {
    kind: "silence",
    label: "No news from the trainer",
    fields: [{ key: "minutes", label: "For", type: "number", unit: "minutes" }],
    start: { minutes: "15" },
  },
];

export interface RuleDraft {
  name: string;
  kind: Kind;
  /** Texts of the condition's fields. */
  fields: Record<string, string>;
  pause: boolean;
  enabled: boolean;
  advice: string;
}

export function startDraft(kind: Kind = "threshold"): RuleDraft {
  return { name: "", kind, fields: startFields(kind), pause: false, enabled: true, advice: "" };
}

export function startFields(kind: Kind): Record<string, string> {
  const start = KINDS.find((one) => one.kind === kind)?.start ?? {};
  return Object.fromEntries(Object.entries(start).map(([key, value]) => [key, String(value)]));
}

export function toDraft(rule: Rule): RuleDraft {
  const { kind, ...fields } = rule.condition;
  const texts = Object.entries(fields).map(([key, value]) => [key, value === null ? "" : String(value)]);
  return {
    name: rule.name,
    kind,
    fields: Object.fromEntries(texts) as Record<string, string>,
    pause: rule.action === "pause",
    enabled: rule.enabled,
    advice: rule.advice,
  };
}

/** As the API takes it. The server says what is wrong with it. */
export function toEdit(draft: RuleDraft): RuleEdit {
  const shape = KINDS.find((one) => one.kind === draft.kind);
  const entries = (shape?.fields ?? []).map((field) => {
    const text = draft.fields[field.key]?.trim() ?? "";
    const value = field.type !== "number" ? text : text === "" ? null : Number(text);
    return [field.key, value] as const;
  });
  const condition = { kind: draft.kind, ...Object.fromEntries(entries) } as unknown as RuleCondition;
  return { name: draft.name, condition, action: draft.pause ? "pause" : "notify", enabled: draft.enabled, advice: draft.advice };
}

/** A key for a new rule, from its name, that no other has. */
export function keyFor(name: string, taken: readonly string[]): string {
  const plain = name.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 50) || "rule";
  for (let number = 1; ; number++) {
    const key = number === 1 ? plain : `${plain}-${number}`;
    if (!taken.includes(key)) return key;
  }
}
