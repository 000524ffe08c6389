import { ChevronRight } from "lucide-react";

import type { RunStatus, Spread, TableGroup } from "@/api/types";
import { STATUS } from "@/components/runs/StatusBadge";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import { algorithmLabel, algorithmName, formatInteger, formatNumber, NONE, shortModel } from "@/lib/format";

import { ROW_HEIGHT } from "./layout";
import { type ColumnSpec, shortLabel } from "./specs";
import { STATUSES } from "./search";
import type { View } from "./view";

interface Props {
  row: number;
  group: TableGroup;
  view: View;
  lefts: Readonly<Record<string, number>>;
  open: boolean;
  onToggle: () => void;
}

/** A group of runs: what they share, how many they are, mean and spread of each column of numbers. */
export function GroupHeading({ row, group, view, lefts, open, onToggle }: Props) {
  const [first, ...rest] = view.columns;
  if (!first) return null;
  const label = groupLabel(group);
  return (
    <tr data-row aria-rowindex={row + 2} className="bg-surface-2 [&>*]:bg-surface-2" style={{ height: ROW_HEIGHT }}>
      <th
        scope="row"
        colSpan={2}
        className="sticky left-0 z-10 truncate border-t border-line py-1 pr-3 pl-2 text-left font-medium"
      >
        <button type="button" aria-expanded={open} onClick={onToggle} className="flex w-full min-w-0 items-center gap-1.5 rounded-sm text-left">
          <ChevronRight aria-hidden="true" className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")} />
          <span className="min-w-0">
            <span className="block truncate" title={label}>
              {label}
            </span>
            <span className="block truncate text-xs font-normal text-muted">{counts(group)}</span>
          </span>
        </button>
      </th>
      {rest.map((spec) => (
        <SpreadCell key={spec.name} spec={spec} spread={group.values[spec.name]} left={lefts[spec.name]} />
      ))}
      <td colSpan={2} className="border-t border-line" />
    </tr>
  );
}

function SpreadCell({ spec, spread, left }: { spec: ColumnSpec; spread: Spread | undefined; left: number | undefined }) {
  const mean = spread?.mean;
  const pinned = left !== undefined;
  const style = cn("truncate border-t border-line px-3 py-1 tabular", spec.right ? "text-right [&>button]:text-right" : "[&>button]:text-left", pinned && "sticky z-10");
  if (!spread || mean === null || mean === undefined) return <td className={style} style={{ left }} />;
  const text = (value: number | null) => (value === null ? NONE : spec.format(value));
  const { std } = spread;
  return (
    <td className={style} style={{ left }}>
      <Tooltip
        content={
          <>
            Mean of {spread.count} {spread.count === 1 ? "run" : "runs"}: {text(mean)}
            {std !== null && (
              <>
                <br />
                Standard deviation: {text(std)}
                <br />
                95 % interval of the mean: ± {text(spread.half_width)}
              </>
            )}
            <br />
            From {text(spread.min)} to {text(spread.max)}
          </>
        }
      >
        <button type="button" className="max-w-full truncate rounded-sm align-middle">
          <span className="block truncate">{text(mean)}</span>
          {std !== null && std > 0 && <span className="block truncate text-xs text-muted">± {text(rough(std))}</span>}
        </button>
      </Tooltip>
    </td>
  );
}

/** Two digits: more of a spread over a few seeds say nothing. */
const rough = (value: number) => Number(value.toPrecision(2));

function counts(group: TableGroup): string {
  const runs = `${formatInteger(group.count)} ${group.count === 1 ? "run" : "runs"}`;
  const seeds = `${formatInteger(group.seeds)} ${group.seeds === 1 ? "seed" : "seeds"}`;
  const states = STATUSES.filter((status) => statuses(group)[status]).map(
    (status) => `${formatInteger(statuses(group)[status])} ${STATUS[status].label.toLowerCase()}`,
  );
  return [runs, seeds, ...states].join(" · ");
}

const statuses = (group: TableGroup) => group.statuses as Partial<Record<RunStatus, number>>;

/** What its runs have in common, in words. */
export function groupLabel(group: TableGroup): string {
  return Object.entries(group.key)
    .map(([name, value]) => {
      if (name === "method") return methodLabel(group);
      if (name === "algorithm") return algorithmName(String(value));
      if (name === "model") return shortModel(String(value));
      if (name === "status" && typeof value === "string") return STATUS[value as RunStatus].label;
      const text = typeof value === "number" ? formatNumber(value) : value === null ? "not set" : String(value);
      return `${shortLabel(name)} ${text || '""'}`;
    })
    .join(", ");
}

function methodLabel({ example }: TableGroup): string {
  return `${algorithmLabel(example.algorithm, example.alpha)}, ${shortModel(example.model)}, ${example.data}`;
}
