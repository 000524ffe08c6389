import type { Comparison, Estimate, MeasureInfo, RunGroup, Versus } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Table, Td, Th } from "@/components/ui/table";
import { Tooltip } from "@/components/ui/tooltip";
import { formatNumber, NONE } from "@/lib/format";

import { IntervalMark, scaleOf } from "./IntervalMark";
import { type Line, seedsText } from "./lines";
import { estimateText, fewWords, shortWords, toneOf, versusText } from "./statistics";
import { Swatch } from "./Swatch";

interface Props {
  comparison: Comparison;
  lines: readonly Line[];
}

/** One row a measure, one column a group: mean with interval, and how it stands against the baseline. */
export function GroupTable({ comparison, lines }: Props) {
  const groups = new Map(comparison.groups.map((group) => [group.id, group]));
  return (
    <div className="space-y-2">
      <Table aria-label="Statistics of the groups">
        <thead>
          <tr>
            <Th className="sticky left-0 z-10 bg-surface">Mean over runs, 95 % interval</Th>
            {lines.map((line) => (
              <Th key={line.id} className="min-w-48 align-top">
                <GroupHead line={line} group={groups.get(line.id)} several={lines.length > 1} />
              </Th>
            ))}
          </tr>
        </thead>
        <tbody className="[&_tr:last-child>*]:border-b-0">
          {comparison.measures.map((measure) => (
            <Row key={measure.name} measure={measure} lines={lines} groups={groups} />
          ))}
          <tr>
            <th scope="row" className="sticky left-0 z-10 bg-surface px-3 py-2 text-left font-normal">
              Entropy collapsed
            </th>
            {lines.map((line) => (
              <Td key={line.id} className="tabular">
                {groups.get(line.id)?.collapsed ?? 0} of {line.runIds.length}
              </Td>
            ))}
          </tr>
        </tbody>
      </Table>
      <details className="text-xs text-muted">
        <summary className="w-fit rounded">How to read this</summary>
        <div className="mt-2 max-w-prose space-y-2">
          <p>
            Below 10 runs intervals are Student’s t, of variances on their logarithms; from 10 on percentile bootstraps with a fixed
            seed. A difference is group − baseline; a ratio of variances is baseline / group, so above 1 the group’s variance is lower.
          </p>
          <p>
            Groups with the same seeds are compared in pairs. p is of the two-sided permutation test of the pairs, beside the smallest it
            could give: with 5 pairs 0.0625. An interval that holds 0 (a ratio’s: 1) shows no difference, which is not the same as showing
            that there is none.
          </p>
          <dl className="grid gap-x-4 gap-y-1 sm:grid-cols-[max-content_minmax(0,1fr)]">
            {comparison.measures.map((measure) => (
              <div key={measure.name} className="contents">
                <dt className="font-medium text-text">{measure.label}</dt>
                <dd className="mb-1">{measure.help}</dd>
              </div>
            ))}
          </dl>
        </div>
      </details>
    </div>
  );
}

function GroupHead({ line, group, several }: { line: Line; group: RunGroup | undefined; several: boolean }) {
  const few = group && fewWords(group);
  return (
    <span className="block max-w-72">
      <span className="flex items-center gap-2 text-sm text-text">
        <Swatch color={line.color} dash={line.dash} />
        <span className="line-clamp-2 whitespace-normal" title={line.label}>
          {line.label}
        </span>
      </span>
      <span className="flex flex-wrap items-center gap-x-2 font-normal">
        n = {line.runIds.length}, {seedsText(group?.seeds ?? [])}
        {line.baseline && several && <Badge tone="neutral">baseline</Badge>}
      </span>
      {few && <Badge tone="warning">{few}</Badge>}
    </span>
  );
}

interface RowProps {
  measure: MeasureInfo;
  lines: readonly Line[];
  groups: ReadonlyMap<string, RunGroup>;
}

function Row({ measure, lines, groups }: RowProps) {
  const of = (line: Line) => groups.get(line.id)?.measures[measure.name];
  const estimates = lines.flatMap((line): Estimate | never[] => of(line)?.estimate ?? []);
  const scale = scaleOf(estimates, measure.scale === "log");
  const base = lines.find((line) => line.baseline);
  const mark = base ? of(base)?.estimate?.mean : undefined;
  return (
    <tr>
      <th scope="row" className="sticky left-0 z-10 border-b border-line bg-surface px-3 py-2 text-left align-top font-normal">
        <Tooltip content={measure.help}>
          <button type="button" className="rounded text-left underline decoration-dotted underline-offset-4">
            {measure.label}
          </button>
        </Tooltip>
        <span className="block text-xs text-muted">{measure.unit}</span>
      </th>
      {lines.map((line) => {
        const found = of(line);
        return (
          <Td key={line.id} className="align-top whitespace-nowrap tabular">
            <div className="flex flex-wrap gap-x-6 gap-y-1">
              {found?.estimate ? (
                <div>
                  <span className="flex items-baseline gap-2">
                    <span className="font-medium">{formatNumber(found.estimate.mean, 3)}</span>
                    <span className="text-xs text-muted">{estimateText(found.estimate)}</span>
                  </span>
                  <IntervalMark estimate={found.estimate} scale={scale} color={line.color} mark={mark} />
                </div>
              ) : (
                NONE
              )}
              {found?.versus && <Against versus={found.versus} />}
            </div>
          </Td>
        );
      })}
    </tr>
  );
}

function Against({ versus }: { versus: Versus }) {
  return (
    <div className="text-xs">
      <p>
        {versusText(versus)}
        {versus.p !== null && versus.smallest_p !== null && (
          <span className="text-muted">
            {" "}
            p = {formatNumber(versus.p, 3)}, smallest {formatNumber(versus.smallest_p, 3)}
          </span>
        )}
      </p>
      {versus.verdict !== "few" && (
        <Badge tone={toneOf(versus)} title={versus.words}>
          {shortWords(versus)}
        </Badge>
      )}
    </div>
  );
}
