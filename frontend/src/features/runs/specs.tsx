import type { ReactNode } from "react";

import { fromWire } from "@/api/numbers";
import type { RunColumn, RunRow } from "@/api/types";
import { RunProgress } from "@/components/runs/RunProgress";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { TimeAgo } from "@/components/ui/time";
import { algorithmLabel, formatAligned, formatDuration, formatInteger, formatNumber, formatPercent, NONE, shortModel } from "@/lib/format";

import { CreatedCell, NameCell, RewardCell, TagsCell } from "./cells";

export interface CellProps {
  run: RunRow;
  curve: readonly number[] | undefined;
}

export interface ColumnSpec {
  /** As the URL and, but for `tags`, the API name it. */
  name: string;
  label: string;
  description: string;
  width: number;
  right?: boolean;
  sortable: boolean;
  /** Whether its value has to be asked for: it is not in every row. */
  asked: boolean;
  /** Whether groups show its mean. */
  numeric: boolean;
  format: (value: number) => string;
  cell: (props: CellProps) => ReactNode;
}

type BuiltIn = Partial<Omit<ColumnSpec, "name">> & { label: string };

const text = (pick: (run: RunRow) => string | null) => {
  function TextCell({ run }: CellProps) {
    const value = pick(run);
    return (
      <span className="block truncate" title={value ?? undefined}>
        {value || NONE}
      </span>
    );
  }
  return TextCell;
};
const time = (pick: (run: RunRow) => string | null) => {
  function TimeCell({ run }: CellProps) {
    const value = pick(run);
    return value ? <TimeAgo time={value} className="block truncate" /> : NONE;
  }
  return TimeCell;
};
const number = { right: true, numeric: true, width: 84 };

export const BUILT_IN: Record<string, BuiltIn> = {
  name: { label: "Name", width: 240, cell: ({ run }) => <NameCell run={run} /> },
  status: { label: "Status", width: 116, cell: ({ run }) => <StatusBadge status={run.status} /> },
  step: { label: "Step", width: 100, numeric: true, format: formatInteger, cell: ({ run }) => <RunProgress run={run} /> },
  last_reward: {
    label: "Reward",
    width: 152,
    numeric: true,
    cell: ({ run, curve }) => <RewardCell run={run} curve={curve} />,
  },
  last_pass_at_1: { ...number, label: "Pass@1", format: formatPercent, cell: ({ run }) => formatPercent(run.last_pass_at_1) },
  algorithm: { label: "Algorithm", width: 146, cell: text((run) => algorithmLabel(run.algorithm, run.alpha)) },
  model: {
    label: "Model",
    width: 132,
    cell: ({ run }) => (
      <div className="min-w-0">
        <span className="block truncate" title={run.model}>
          {shortModel(run.model)}
        </span>
        <span className="block truncate text-xs text-muted" title={run.data}>
          {run.data}
        </span>
      </div>
    ),
  },
  seed: { label: "Seed", width: 82, right: true, cell: ({ run }) => run.seed },
  tags: { label: "Tags", width: 156, sortable: false, cell: ({ run }) => <TagsCell run={run} /> },
  created_at: { label: "Created", width: 98, cell: ({ run }) => <CreatedCell run={run} /> },
  project: { label: "Project", width: 120, cell: text((run) => run.project) },
  created_by: { label: "Launched by", width: 120, cell: text((run) => run.created_by) },
  alpha: { ...number, label: "Alpha", cell: ({ run }) => formatNumber(run.alpha) },
  data: { label: "Data", width: 130, cell: text((run) => run.data) },
  max_steps: { ...number, label: "Steps planned", cell: ({ run }) => formatInteger(run.max_steps) },
  priority: { label: "Priority", width: 84, right: true, cell: ({ run }) => run.priority },
  started_at: { label: "Started", width: 112, cell: time((run) => run.started_at) },
  finished_at: { label: "Finished", width: 112, cell: time((run) => run.finished_at) },
  elapsed: { ...number, label: "Training time", width: 120, asked: true, format: formatDuration },
  worker: { label: "Worker", width: 130, cell: text((run) => run.worker) },
  queue: { label: "Queue", width: 90, asked: true },
  preset: { label: "Preset", width: 160, asked: true },
  id: { label: "Id", width: 130, cell: text((run) => run.id) },
};

export const DEFAULT_COLUMNS: readonly string[] = [
  "name",
  "status",
  "step",
  "last_reward",
  "last_pass_at_1",
  "algorithm",
  "model",
  "seed",
  "tags",
  "created_at",
];

/** `learning_rate` of `config.optimizer.learning_rate`, `reward max` of `metric.reward.max`. */
export function shortLabel(name: string): string {
  const built = BUILT_IN[name];
  if (built) return built.label;
  if (name === "method") return "Method";
  if (name.startsWith("metric.")) {
    const at = name.lastIndexOf(".");
    const aggregate = name.slice(at + 1);
    return name.slice("metric.".length, at) + (aggregate === "last" ? "" : ` ${aggregate}`);
  }
  return name.slice(name.lastIndexOf(".") + 1);
}

export function specOf(name: string, info: RunColumn | undefined): ColumnSpec {
  const built = BUILT_IN[name];
  const metric = name.startsWith("metric.");
  const numeric = built ? (built.numeric ?? false) : metric || info?.kind === "number";
  const label = built?.label ?? shortLabel(name);
  const format = built?.format ?? (metric ? formatAligned : (value: number) => formatNumber(value));
  return {
    name,
    label,
    description: [name.startsWith("config.") ? name.slice("config.".length) : "", info?.description ?? "", info?.unit ? `In ${info.unit}.` : ""]
      .filter(Boolean)
      .join(" · "),
    width: built?.width ?? Math.min(220, Math.max(110, 44 + 7.5 * label.length)),
    right: built?.right ?? (!built && numeric),
    sortable: built?.sortable ?? true,
    asked: built?.asked ?? !built,
    numeric,
    format,
    cell: built?.cell ?? (({ run }) => <ValueCell value={run.values?.[name]} format={format} />),
  };
}

type Value = NonNullable<RunRow["values"]>[string];

function ValueCell({ value, format }: { value: Value | undefined; format: (value: number) => string }) {
  if (value === undefined || value === null) return NONE;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return format(value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return format(fromWire(value));
  return (
    <span className="block truncate" title={value}>
      {value || '""'}
    </span>
  );
}
