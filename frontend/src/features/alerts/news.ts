/** What is worth a notification when a run changes. */

import type { RunStatus, RunSummary } from "@/api/types";
import type { NotifySettings } from "@/lib/notifySettings";

/** What was known of a run. */
export interface Known {
  status: RunStatus;
  alerts: readonly string[];
}

export interface News {
  kind: "end" | "alert";
  title: string;
  /** Names of the rules, of alerts. */
  rules: readonly string[];
}

const ENDS: Partial<Record<RunStatus, string>> = { completed: "completed", failed: "failed", stopped: "was stopped" };

export function known(run: RunSummary): Known {
  return { status: run.status, alerts: run.alerts ?? [] };
}

/** What `run` says that was not known; a run that nothing was known of says nothing. */
export function newsOf(before: Known | undefined, run: RunSummary, wants: NotifySettings): News[] {
  if (!before) return [];
  const news: News[] = [];
  const ended = ENDS[run.status];
  const wanted = wants.runs.includes(run.id) || (wants.ends && run.status !== "stopped");
  if (ended && before.status !== run.status && wanted) {
    news.push({ kind: "end", title: `${run.name} ${ended}`, rules: [] });
  }
  const rules = (run.alerts ?? []).filter((name) => !before.alerts.includes(name));
  if (wants.alerts && rules.length > 0) {
    news.push({ kind: "alert", title: `${rules.join(", ")}: ${run.name}`, rules });
  }
  return news;
}
