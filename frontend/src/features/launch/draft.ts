/** The form as it stood, kept for this tab so that a reload loses nothing. */

import { type AxisDraft, FIRST_AXES, FIRST_SEEDS } from "./grid";
import type { JsonObject } from "./schema";

/** What is launched besides the configuration. */
export interface LaunchDetails {
  name: string;
  project: string;
  tags: string[];
  notes: string;
  /** As typed: a whole number from -100 to 100. */
  priority: string;
  /** As typed: `0,1,2` or `0-4`; empty takes the configuration's seed. */
  seeds: string;
  /** Tag that the runs of several seeds share. */
  groupTag: string;
  /** The grid of an experiment, and its seeds as typed: without several nothing could be told from chance. */
  axes: AxisDraft[];
  gridSeeds: string;
}

/** Where a form started from. */
export interface Origin {
  kind: "default" | "preset" | "run" | "dataset";
  id: string;
}

export interface Draft {
  origin: Origin;
  config: JsonObject;
  details: LaunchDetails;
}

/** Each origin has a draft of its own, so that looking at another preset loses nothing. */
function keyOf(origin: Origin): string {
  return `ahora-launch-draft:${origin.kind}:${origin.id}`;
}

export function emptyDetails(): LaunchDetails {
  return { name: "", project: "default", tags: [], notes: "", priority: "0", seeds: "", groupTag: newGroupTag(), axes: [...FIRST_AXES], gridSeeds: FIRST_SEEDS };
}

/** A short tag of its own for the runs of one launch. */
export function newGroupTag(): string {
  return `seeds-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36).padStart(7, "0").slice(-5) ?? "x"}`;
}

export function saveDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(draft.origin), JSON.stringify(draft));
  } catch {
    // storage is full or off: a reload then starts afresh
  }
}

/** The draft of this origin, if there is one. */
export function loadDraft(origin: Origin): Draft | null {
  try {
    const draft = JSON.parse(sessionStorage.getItem(keyOf(origin)) ?? "null") as Partial<Draft> | null;
    if (!draft?.config || !draft.details) return null;
    return { origin, config: draft.config, details: { ...emptyDetails(), ...draft.details } };
  } catch {
    return null;
  }
}

export function dropDraft(origin: Origin): void {
  try {
    sessionStorage.removeItem(keyOf(origin));
  } catch {
    // storage is off: there is no draft
  }
}
