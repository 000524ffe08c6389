import { Link } from "@tanstack/react-router";
import { memo } from "react";

import type { CellRun, Experiment } from "@/api/types";
import { STATUS } from "@/components/runs/StatusBadge";
import { Progress } from "@/components/ui/progress";
import { Table, Td, Th } from "@/components/ui/table";
import { cn } from "@/lib/cn";
import { formatFixed, formatPercent, NONE } from "@/lib/format";

const BARS: Partial<Record<CellRun["status"], string>> = {
  completed: "bg-success",
  failed: "bg-danger",
  lost: "bg-warning",
  paused: "bg-warning",
  stopped: "bg-line-strong",
  queued: "bg-line-strong",
};

const TONES: Partial<Record<CellRun["status"], string>> = {
  completed: "text-success",
  failed: "text-danger",
  lost: "text-warning",
  running: "text-accent",
  starting: "text-accent",
};

/** Configurations down, seeds across: where each run is, and what it has reached. */
export function Matrix({ experiment }: { experiment: Experiment }) {
  const { seeds } = experiment.summary;
  return (
    <Table aria-label="Runs by configuration and seed">
      <thead>
        <tr>
          <Th className="sticky left-0 z-10 bg-surface">Configuration</Th>
          {seeds.map((seed) => (
            <Th key={seed}>seed {seed}</Th>
          ))}
          <Th>Pass@1, mean</Th>
        </tr>
      </thead>
      <tbody className="[&_tr:last-child>*]:border-b-0">
        {experiment.cells.map((cell) => (
          <tr key={cell.index}>
            <th scope="row" className="sticky left-0 z-10 max-w-72 min-w-40 border-b border-line bg-surface px-3 py-2 text-left font-medium max-sm:max-w-40">
              {cell.label}
            </th>
            {seeds.map((seed) => (
              <Td key={seed} className="min-w-32">
                {cell.runs
                  .filter((run) => run.seed === seed)
                  .map((run) => (
                    <RunCell key={run.run_id} run={run} />
                  ))}
              </Td>
            ))}
            <Td className="tabular">{meanPass(cell.runs)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** Drawn again only when its run has changed: there may be 500. */
const RunCell = memo(function RunCell({ run }: { run: CellRun }) {
  const { label, icon: Icon } = STATUS[run.status];
  if (run.deleted) return <span className="text-xs text-muted">deleted</span>;
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: run.run_id }}
      title={`${run.name}: ${label}, step ${run.step} of ${run.max_steps}${run.waits_for ? `. ${run.waits_for}` : ""}`}
      className="block rounded-md p-1 hover:bg-surface-2"
    >
      <span className="mb-1 flex items-center gap-1.5 text-xs whitespace-nowrap">
        <Icon aria-hidden="true" className={cn("size-3.5 shrink-0 text-muted", TONES[run.status])} />
        <span>{run.waits_for ? "Waits" : label}</span>
        <span className="ml-auto tabular text-muted">{result(run)}</span>
      </span>
      <Progress value={run.step} max={run.max_steps} label={`Step ${run.step} of ${run.max_steps}`} barClassName={BARS[run.status]} />
    </Link>
  );
});

function result(run: CellRun): string {
  if (run.last_pass_at_1 !== null) return formatPercent(run.last_pass_at_1);
  return run.last_reward === null ? "" : `r ${formatFixed(run.last_reward, 2)}`;
}

function meanPass(runs: readonly CellRun[]): string {
  const values = runs.flatMap((run) => (run.deleted || run.last_pass_at_1 === null ? [] : [run.last_pass_at_1]));
  if (values.length === 0) return NONE;
  return formatPercent(values.reduce((sum, value) => sum + value, 0) / values.length);
}
