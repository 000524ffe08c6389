// Where a run's time went, carried on to the present: the server's answer is from when it was read.
import type { Attempt, Run, StatusChange } from "@/api/types";

/** Seconds an attempt has held its device; a clock that is behind makes no negative time. */
export function attemptSeconds(attempt: Attempt, now: Date): number {
  if (attempt.finished_at) return attempt.run_seconds;
  return Math.max(attempt.run_seconds, (now.getTime() - new Date(attempt.claimed_at).getTime()) / 1000);
}

/** Seconds over all attempts, and hours by kind of device. */
export function timeSpent(run: Run, now: Date): { ran: number; deviceHours: [string, number][] } {
  const hours = new Map<string, number>();
  let ran = 0;
  for (const attempt of run.attempts) {
    const seconds = attemptSeconds(attempt, now);
    const kind = attempt.device.split(":")[0] ?? "";
    hours.set(kind, (hours.get(kind) ?? 0) + seconds / 3600);
    ran += seconds;
  }
  return { ran, deviceHours: [...hours] };
}

/** Seconds from each change of state to the next one; null for the last, which lasts. */
export function stateSeconds(changes: readonly StatusChange[]): (number | null)[] {
  return changes.map((change, i) => {
    const next = changes[i + 1];
    return next ? Math.max(0, (new Date(next.time).getTime() - new Date(change.time).getTime()) / 1000) : null;
  });
}
