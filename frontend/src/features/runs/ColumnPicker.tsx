import { Columns3Cog } from "lucide-react";

import type { RunColumn } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Popover } from "@/components/ui/popover";

import { ColumnList, titleOf } from "./ColumnList";
import { BUILT_IN } from "./specs";
import type { RunsSearch } from "./search";
import { toggleColumn, type View } from "./view";

interface Props {
  view: View;
  known: readonly RunColumn[];
  onChange: (changes: Partial<RunsSearch>) => void;
}

const TAGS: RunColumn = { name: "tags", source: "run", kind: "text", label: "Tags", description: "", unit: "" };

/** Chooses which columns are shown, of everything a run has. */
export function ColumnPicker({ view, known, onChange }: Props) {
  const shown = new Set(view.columns.map((column) => column.name));
  const columns = [...known.filter((column) => column.source !== "run" || column.name in BUILT_IN), TAGS];
  const first = columns.filter((column) => shown.has(column.name));
  const others = columns.filter((column) => !shown.has(column.name));
  return (
    <Popover
      label="Columns"
      align="end"
      className="w-84"
      trigger={
        <Button>
          <Columns3Cog aria-hidden="true" className="text-muted" /> Columns
        </Button>
      }
    >
      <ColumnList columns={[...first, ...others]}>
        {(column) => (
          <label
            key={column.name}
            title={column.description || column.name}
            className="flex items-center gap-2 rounded-md px-2 py-1 hover:bg-surface-2"
          >
            <Checkbox checked={shown.has(column.name)} onCheckedChange={() => onChange(toggleColumn(view, column.name))} />
            <span className="min-w-0 truncate">{titleOf(column)}</span>
          </label>
        )}
      </ColumnList>
      <div className="flex justify-end border-t border-line p-2">
        <Button
          size="sm"
          variant="ghost"
          onClick={() => onChange({ col: undefined, pin: undefined, width: undefined })}
        >
          The usual columns
        </Button>
      </div>
    </Popover>
  );
}
