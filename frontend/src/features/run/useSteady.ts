import { useState } from "react";

import type { Run } from "@/api/types";

/** What changes with each step of a run that goes well. */
const PROGRESS: ReadonlySet<string> = new Set<keyof Run>(["step", "last_reward", "last_pass_at_1", "eta_seconds", "last_event_at"]);

/** The same object until more than a run's progress changes, so that what shows none of it is not rendered for it. */
export function useSteady<T extends Run | undefined>(run: T): T {
  const [held, setHeld] = useState(run);
  if (held === run || differOnlyInProgress(held, run)) return held;
  setHeld(run);
  return run;
}

export function differOnlyInProgress(a: Run | undefined, b: Run | undefined): boolean {
  if (!a || !b) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Run>;
  return [...names].every((name) => PROGRESS.has(name) || a[name] === b[name]);
}
