import { Group } from "lucide-react";

import type { RunColumn } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Popover } from "@/components/ui/popover";
import { cn } from "@/lib/cn";

import { ColumnList, titleOf } from "./ColumnList";

const MOST = 4;

interface Props {
  groups: readonly string[];
  known: readonly RunColumn[];
  onChange: (groups: readonly string[]) => void;
}

/** Chooses what rows are grouped by. */
export function GroupPicker({ groups, known, onChange }: Props) {
  const columns = known.filter((column) => column.source !== "metric" && column.kind !== "time" && column.name !== "id");
  // seeds of one method together is what is asked for most
  const first = columns.filter((column) => column.name === "method");
  const toggle = (name: string) =>
    onChange(groups.includes(name) ? groups.filter((one) => one !== name) : [...groups, name].slice(-MOST));
  return (
    <Popover
      label="Group by"
      className="w-76"
      trigger={
        <Button className={cn(groups.length > 0 && "border-accent bg-accent-soft")}>
          <Group aria-hidden="true" className="text-muted" /> Group
          {groups.length > 0 && <span className="tabular">· {groups.length}</span>}
        </Button>
      }
    >
      <ColumnList columns={[...first, ...columns.filter((column) => !first.includes(column))]}>
        {(column) => (
          <label key={column.name} title={column.description || column.name} className="flex items-center gap-2 rounded-md px-2 py-1 hover:bg-surface-2">
            <Checkbox checked={groups.includes(column.name)} onCheckedChange={() => toggle(column.name)} />
            <span className="min-w-0 truncate">{titleOf(column)}</span>
          </label>
        )}
      </ColumnList>
    </Popover>
  );
}
