/** An experiment kept up to date by what the stream tells of its runs. */

import type { CellRun, Experiment, RunStatus, RunSummary } from "@/api/types";

/** The experiment with newer states of some of its runs, the rest of its cells the same objects. */
export function withRuns(experiment: Experiment, news: ReadonlyMap<string, RunSummary>): Experiment {
  const cells = experiment.cells.map((cell) => {
    if (!cell.runs.some((run) => news.has(run.run_id))) return cell;
    return { ...cell, runs: cell.runs.map((run) => withNews(run, news.get(run.run_id))) };
  });
  const there = cells.flatMap((cell) => cell.runs.filter((run) => !run.deleted));
  const statuses: Partial<Record<RunStatus, number>> = {};
  for (const { status } of there) statuses[status] = (statuses[status] ?? 0) + 1;
  // a run that completed early has no steps left to do
  const steps = there.reduce((sum, run) => sum + (run.status === "completed" ? run.max_steps : run.step), 0);
  return { ...experiment, cells, summary: { ...experiment.summary, statuses, steps } };
}

function withNews(run: CellRun, news: RunSummary | undefined): CellRun {
  if (!news) return run;
  const { name, status, phase, step, max_steps, last_reward, last_pass_at_1, eta_seconds, waits_for, deleted_at } = news;
  return { ...run, name, status, phase, step, max_steps, last_reward, last_pass_at_1, eta_seconds, waits_for, deleted: deleted_at !== null };
}

/** Whether the server knows more than the runs' states say: other actions, other device time. */
export function isTurn(experiment: Experiment, run: RunSummary): boolean {
  const old = experiment.cells.flatMap((cell) => cell.runs).find((one) => one.run_id === run.id);
  return old?.status !== run.status || old.deleted !== (run.deleted_at !== null);
}
