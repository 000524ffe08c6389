/** What the colour behind a token says: which quantity, on which scale, how strong. */

import type { Completion } from "@/api/types";
import { fromWire } from "@/api/numbers";

/** What a text needs to be shaded by its tokens; what was only sampled has no weights. */
export type Shaded = Pick<Completion, "tokens" | "entropy" | "logprob"> & Partial<Pick<Completion, "weight" | "advantage">>;

export type Shade = "entropy" | "weight" | "logprob" | "credit";

export interface ShadeInfo {
  key: Shade;
  label: string;
  unit: string;
  help: string;
  /** Diverging shades colour by sign around zero. */
  diverging: boolean;
  /** CSS colours at full strength: of large values, and of negative ones where it diverges. */
  color: string;
  negative: string;
}

const ENTROPY: ShadeInfo = {
  key: "entropy",
  label: "Entropy",
  unit: "nats",
  help: "How unsure the policy was before it drew this token.",
  diverging: false,
  color: "var(--shade)",
  negative: "",
};

export const SHADES: readonly ShadeInfo[] = [
  ENTROPY,
  {
    key: "weight",
    label: "Horizon weight",
    unit: "",
    help: "How much of this token's policy gradient counts: 1 is all of it, 0 none.",
    diverging: false,
    color: "var(--shade-weight)",
    negative: "",
  },
  {
    key: "logprob",
    label: "Log-probability",
    unit: "nats",
    help: "Of the token that was drawn; strongly coloured tokens were unlikely.",
    diverging: false,
    color: "var(--shade)",
    negative: "",
  },
  {
    key: "credit",
    label: "Advantage × weight",
    unit: "",
    help: "What the update pushes this token by: up where the completion beat its group, down where it did not.",
    diverging: true,
    color: "var(--shade-up)",
    negative: "var(--shade-down)",
  },
];

/** The values of a shade, one a token; NaN where the trainer had none. */
export function tokenValues(completion: Shaded, shade: Shade): number[] {
  switch (shade) {
    case "entropy":
      return completion.entropy.map((value) => fromWire(value));
    case "weight":
      return (completion.weight ?? []).map((value) => fromWire(value));
    case "logprob":
      return completion.logprob.map((value) => fromWire(value));
    case "credit": {
      const advantage = fromWire(completion.advantage ?? Number.NaN);
      return (completion.weight ?? []).map((weight) => advantage * fromWire(weight));
    }
  }
}

/** The scale of a legend: `low` is drawn clear, `high` at full strength. */
export interface Scale {
  low: number;
  high: number;
}

/** One scale for all completions that are shown together, so that colours compare. */
export function scaleOf(completions: readonly Shaded[], shade: Shade): Scale {
  if (shade === "weight") return { low: 0, high: 1 };
  let lowest = 0;
  let largest = 0;
  for (const completion of completions) {
    for (const value of tokenValues(completion, shade)) {
      if (!Number.isFinite(value)) continue;
      lowest = Math.min(lowest, value);
      largest = Math.max(largest, Math.abs(value));
    }
  }
  if (shade === "logprob") return { low: 0, high: lowest === 0 ? -1 : lowest };
  if (shade === "credit") return { low: -(largest || 1), high: largest || 1 };
  return { low: 0, high: largest || 1 };
}

/** How strongly a value is coloured, 0 to 1, and on which side of zero; null where there is no value. */
export function strength(value: number, scale: Scale, diverging: boolean): { amount: number; negative: boolean } | null {
  if (!Number.isFinite(value)) return null;
  const share = diverging ? Math.abs(value) / scale.high : (value - scale.low) / (scale.high - scale.low);
  return { amount: Math.min(1, Math.max(0, share)), negative: diverging && value < 0 };
}

/** The CSS background of a token. */
export function background(value: number, scale: Scale, shade: ShadeInfo): string | undefined {
  const found = strength(value, scale, shade.diverging);
  if (!found || found.amount < 0.01) return undefined;
  const color = found.negative ? shade.negative : shade.color;
  return `color-mix(in srgb, ${color} ${Math.round(found.amount * 100)}%, transparent)`;
}

/** What a shade is. */
export function shadeInfo(shade: Shade): ShadeInfo {
  return SHADES.find((one) => one.key === shade) ?? ENTROPY;
}
