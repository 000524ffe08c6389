import { createColumnHelper, rowSelectionFeature, tableFeatures } from "@tanstack/react-table";

import type { RunSummary } from "@/api/types";
import { RunProgress } from "@/components/runs/RunProgress";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Checkbox } from "@/components/ui/checkbox";
import { algorithmLabel, formatPercent, shortModel } from "@/lib/format";

import { CreatedCell, NameCell, RewardCell } from "./cells";
import { RunMenu } from "./RunMenu";
import type { SortField } from "./search";

export interface RunRow {
  run: RunSummary;
  curve: readonly number[] | undefined;
}

export const features = tableFeatures({ rowSelectionFeature });
const helper = createColumnHelper<typeof features, RunRow>();

interface Layout {
  width: string;
  sort?: SortField;
  className?: string;
}

/** Width and order of each column; less telling ones give way on narrower screens. */
export const LAYOUT: Record<string, Layout> = {
  select: { width: "w-10", className: "pr-0" },
  name: { width: "w-auto", sort: "name" },
  status: { width: "w-29", sort: "status" },
  progress: { width: "w-28", sort: "step" },
  reward: { width: "w-43", sort: "last_reward" },
  pass: { width: "w-21", sort: "last_pass_at_1", className: "text-right" },
  algorithm: { width: "w-37" },
  model: { width: "w-40", className: "hidden xl:table-cell" },
  seed: { width: "w-16", className: "hidden text-right xl:table-cell" },
  created: { width: "w-27", sort: "created_at" },
  menu: { width: "w-12", className: "pl-0" },
};

export const columns = helper.columns([
  helper.display({
    id: "select",
    header: ({ table }) => (
      <Checkbox
        aria-label="Select all loaded runs"
        checked={table.getIsAllRowsSelected() || (table.getIsSomeRowsSelected() && "indeterminate")}
        onCheckedChange={(checked) => table.toggleAllRowsSelected(checked === true)}
      />
    ),
    cell: ({ row }) => (
      <Checkbox
        aria-label={`Select ${row.original.run.name}`}
        checked={row.getIsSelected()}
        onCheckedChange={(checked) => row.toggleSelected(checked === true)}
      />
    ),
  }),
  helper.display({ id: "name", header: "Name", cell: ({ row }) => <NameCell run={row.original.run} /> }),
  helper.display({ id: "status", header: "Status", cell: ({ row }) => <StatusBadge status={row.original.run.status} /> }),
  helper.display({ id: "progress", header: "Step", cell: ({ row }) => <RunProgress run={row.original.run} /> }),
  helper.display({ id: "reward", header: "Reward", cell: ({ row }) => <RewardCell {...row.original} /> }),
  helper.display({ id: "pass", header: "Pass@1", cell: ({ row }) => formatPercent(row.original.run.last_pass_at_1) }),
  helper.display({
    id: "algorithm",
    header: "Algorithm",
    cell: ({ row }) => algorithmLabel(row.original.run.algorithm, row.original.run.alpha),
  }),
  helper.display({
    id: "model",
    header: "Model",
    cell: ({ row: { original } }) => (
      <div className="min-w-0">
        <span className="block truncate" title={original.run.model}>
          {shortModel(original.run.model)}
        </span>
        <span className="block truncate text-xs text-muted" title={original.run.data}>
          {original.run.data}
        </span>
      </div>
    ),
  }),
  helper.display({ id: "seed", header: "Seed", cell: ({ row }) => row.original.run.seed }),
  helper.display({ id: "created", header: "Created", cell: ({ row }) => <CreatedCell run={row.original.run} /> }),
  helper.display({
    id: "menu",
    header: () => <span className="sr-only">Actions</span>,
    cell: ({ row }) => <RunMenu run={row.original.run} />,
  }),
]);
