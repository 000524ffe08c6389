import { CircleAlert, Clock } from "lucide-react";

import type { ExperimentPreview, HoursEstimate } from "@/api/types";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { Table, Td, Th } from "@/components/ui/table";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber, NONE } from "@/lib/format";

import { lastPart } from "./fieldNames";
import type { Previewed } from "./useExperiment";

/** The exact runs before they are launched, what was left out and why, and the device time expected. */
export function PreviewCard({ previewed }: { previewed: Previewed }) {
  const { preview, pending, error, retry } = previewed;
  return (
    <Card className="space-y-3 p-4" aria-label="Preview" aria-busy={pending}>
      <h2 className="font-semibold">Preview</h2>
      {error && !preview ? <ErrorState error={error} title="The runs could not be previewed" onRetry={retry} /> : null}
      {!preview && !error && <Skeleton className="h-40" />}
      {preview && (
        <div className={cn("space-y-3", pending && "opacity-60")}>
          <Problems preview={preview} />
          {preview.runs > 0 && (
            <>
              <p aria-live="polite">
                <strong className="tabular">{preview.runs} runs</strong>: {preview.cells.length}{" "}
                {preview.cells.length === 1 ? "configuration" : "configurations"} × {preview.seeds.length}{" "}
                {preview.seeds.length === 1 ? "seed" : "seeds"} <span className="text-muted tabular">({seedList(preview.seeds)})</span>
              </p>
              <Hours preview={preview} />
              <Cells preview={preview} />
              <LeftOut preview={preview} />
            </>
          )}
        </div>
      )}
    </Card>
  );
}

/** What is wrong with every configuration in the same way lies in what they share: it is told once. */
function sharedProblem({ cells }: ExperimentPreview) {
  const [first, ...others] = cells.map((cell) => cell.problems[0]);
  const same = others.length > 0 && others.every((one) => one?.path === first?.path && one?.message === first?.message);
  return same ? first : undefined;
}

function Problems({ preview }: { preview: ExperimentPreview }) {
  const shared = sharedProblem(preview);
  const problems = shared ? [...preview.problems, shared] : preview.problems;
  if (problems.length === 0) return null;
  return (
    <ul className="space-y-1 rounded-md border border-danger/40 bg-danger-soft px-3 py-2 text-xs text-danger">
      {problems.map((problem) => (
        <li key={`${problem.path} ${problem.message}`}>
          <span className="font-mono">{problem.path}</span> {problem.message}. {problem.remedy}
        </li>
      ))}
    </ul>
  );
}

function Hours({ preview }: { preview: ExperimentPreview }) {
  const measured = Object.entries(preview.device_hours);
  return (
    <ul className="space-y-1 text-muted">
      {measured.map(([device, estimate]) => (
        <li key={device}>
          About <span className="font-medium text-text tabular">{hoursText(estimate.hours)}</span> of {device.toUpperCase()} time (
          {hoursText(estimate.low)} to {hoursText(estimate.high)}), as {estimate.based_on === 1 ? "1 run" : `${estimate.based_on} runs`} of the{" "}
          {estimate.alike} took.
        </li>
      ))}
      {preview.unmeasured > 0 && (
        <li>
          {measured.length === 0
            ? "No estimate of the device time: no similar run has completed here yet."
            : `Without ${preview.unmeasured} of the configurations, of which no similar run has completed yet.`}
        </li>
      )}
    </ul>
  );
}

/** Device time in the unit that reads best. */
export function hoursText(hours: number): string {
  return hours < 1 ? formatDuration(hours * 3600) : `${formatNumber(hours, 3)} h`;
}

function Cells({ preview }: { preview: ExperimentPreview }) {
  const fields = [...new Set(preview.cells.flatMap((cell) => Object.keys(cell.values)))];
  const shared = sharedProblem(preview) !== undefined;
  return (
    <Table aria-label="Configurations" regionClass="max-h-96 overflow-y-auto">
      <thead className="sticky top-0 bg-surface">
        <tr>
          <Th>#</Th>
          {fields.map((field) => (
            <Th key={field} title={field}>
              {lastPart(field)}
            </Th>
          ))}
          <Th>Steps</Th>
          <Th>Runs</Th>
          <Th>Device time</Th>
        </tr>
      </thead>
      <tbody className="[&_tr:last-child>*]:border-b-0">
        {preview.cells.map((cell) => (
          <tr key={cell.index}>
            <Td className="text-muted tabular">{cell.index + 1}</Td>
            {fields.map((field) => (
              <Td key={field} className="tabular">
                {field in cell.values ? shown(cell.values[field]) : <span className="text-muted" title="Does not apply">{NONE}</span>}
              </Td>
            ))}
            <Td className="tabular">{cell.max_steps ?? NONE}</Td>
            <Td className="tabular">{preview.seeds.length}</Td>
            <Td className="min-w-40">
              {shared ? <span className="text-xs text-danger">not valid</span> : <CellNote cell={cell} />}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function CellNote({ cell }: { cell: ExperimentPreview["cells"][number] }) {
  const [problem] = cell.problems;
  if (problem) {
    return (
      <span className="flex gap-1.5 text-xs text-danger">
        <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
        <span className="min-w-0 break-words">
          <span className="font-mono">{problem.path}</span> {problem.message}. {problem.remedy}
        </span>
      </span>
    );
  }
  return (
    <span className="tabular">
      {estimateText(cell.estimate)}
      {cell.waits_for && (
        <span className="flex gap-1.5 text-xs text-warning">
          <Clock className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
          <span className="min-w-0 break-words">Will wait: {cell.waits_for}</span>
        </span>
      )}
    </span>
  );
}

function estimateText(estimate: HoursEstimate | null): string {
  return estimate === null ? NONE : hoursText(estimate.hours);
}

function shown(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function LeftOut({ preview }: { preview: ExperimentPreview }) {
  const { collapsed, cells } = preview;
  if (collapsed.length === 0) return null;
  return (
    <details>
      <summary className="w-fit rounded text-muted">
        {collapsed.length === 1 ? "1 combination is" : `${collapsed.length} combinations are`} left out
      </summary>
      <ul className="mt-2 max-h-48 space-y-1 overflow-y-auto text-xs text-muted">
        {collapsed.map((one) => (
          <li key={JSON.stringify(one.values)}>
            <span className="font-mono">
              {Object.entries(one.values)
                .map(([field, value]) => `${lastPart(field)} ${shown(value)}`)
                .join(", ")}
            </span>{" "}
            equals {cells[one.into]?.label}: {one.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function seedList(seeds: readonly number[]): string {
  return seeds.length > 8 ? `${seeds.slice(0, 8).join(", ")} …` : seeds.join(", ");
}
