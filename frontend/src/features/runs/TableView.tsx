import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { runColumns } from "@/api/queries";
import { ErrorState } from "@/components/ui/states";

import { NoRuns } from "./NoRuns";
import { RunTable, RunTableSkeleton } from "./RunTable";
import type { RunsSearch } from "./search";
import { isFiltered } from "./search";
import { type Range, type useRows } from "./useRows";
import type { useSelection } from "./useSelection";
import type { View } from "./view";

interface Props {
  search: RunsSearch;
  view: View;
  rows: ReturnType<typeof useRows>;
  selection: ReturnType<typeof useSelection>;
  onRange: (range: Range) => void;
  onAtTop: (atTop: boolean) => void;
  onChange: (changes: Partial<RunsSearch>) => void;
  onFilter: (column: string) => void;
  onClear: () => void;
}

/** The table with all that may stand in its place: loading, an error, nothing. */
export function TableView({ search, view, rows, selection, onRange, onAtTop, onChange, onFilter, onClear }: Props) {
  if (rows.isPending) return <RunTableSkeleton />;
  if (rows.error && rows.count === 0) return <ErrorState title="The runs could not be loaded" error={rows.error} onRetry={rows.refetch} />;
  if (rows.total === 0) return <NoRuns filtered={isFiltered(search)} deleted={search.deleted ?? false} onClear={onClear} />;
  const openGroup = (id: string) => {
    const open = search.open ?? [];
    const next = open.includes(id) ? open.filter((one) => one !== id) : [...open, id];
    onChange({ open: next.length > 0 ? next : undefined });
  };
  return (
    <RunTable
      search={search}
      view={view}
      rows={rows}
      onRange={onRange}
      onScroll={onAtTop}
      header={{ change: onChange, filter: onFilter }}
      selection={selection.selection}
      onSelect={(row, selected, through) => {
        const run = rows.runAt(row);
        if (run) selection.toggle(rows.sections, row, run.id, selected, through);
      }}
      onSelectAll={selection.all}
      onOpenGroup={openGroup}
    />
  );
}

const FIRST: Range = { first: 0, last: 25 };

/** The rows in view and the columns there are, for the page that shows them. */
export function useTableState() {
  const { data: known } = useQuery(runColumns());
  const [range, setRange] = useState(FIRST);
  const [atTop, setAtTop] = useState(true);
  const onRange = useMemo(
    () => (next: Range) => setRange((old) => (old.first === next.first && old.last === next.last ? old : next)),
    [],
  );
  return { known: known ?? [], range, onRange, atTop, setAtTop };
}
