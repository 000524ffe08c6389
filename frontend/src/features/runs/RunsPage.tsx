import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ArrowUp, ListFilterPlus, Plus } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";

import { LiveMark } from "@/components/runs/LiveMark";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { cn } from "@/lib/cn";
import { formatInteger } from "@/lib/format";
import { useMediaQuery } from "@/lib/useMediaQuery";
import { useTitle } from "@/lib/useTitle";

import { CardsView } from "./CardsView";
import { Chips } from "./Chips";
import { ColumnPicker } from "./ColumnPicker";
import { FilterBuilder } from "./FilterBuilder";
import { GroupPicker } from "./GroupPicker";
import { cleared, type RunsSearch } from "./search";
import { SelectionBar } from "./SelectionBar";
import { TableView, useTableState } from "./TableView";
import { Toolbar } from "./Toolbar";
import { useLive } from "./useLive";
import { useNamedView } from "./useNamedView";
import { useRows } from "./useRows";
import { useSelection } from "./useSelection";
import { ViewsMenu } from "./ViewsMenu";
import { viewOf } from "./view";

const route = getRouteApi("/");

/** All runs, live. What is shown and how is in the URL, so that a link shows it to others. */
export function RunsPage() {
  useTitle("Runs");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const wide = useMediaQuery("(min-width: 900px)");
  const { known, range, onRange, atTop, setAtTop } = useTableState();
  const view = useMemo(() => viewOf(search, known), [search, known]);
  const rows = useRows(search, view, range);
  const selection = useSelection(search);
  const live = useLive(atTop || !wide, wide && rows.outdated);
  /** Index of the condition that is edited, or the column a new one begins with. */
  const [building, setBuilding] = useState<number | string | null>(null);
  const anchor = useRef<HTMLButtonElement>(null);

  const apply = (next: RunsSearch) => void navigate({ search: next, replace: true, resetScroll: false });
  const change = (changes: Partial<RunsSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  const clear = () => apply(cleared(search));
  useNamedView(search, apply);

  const where = search.where ?? [];
  const setWhere = (next: readonly string[]) => change({ where: next.length > 0 ? [...new Set(next)] : undefined });
  const setGroups = (next: readonly string[]) => change({ group: next.join(",") || undefined, open: undefined });
  const start = typeof building === "number" ? (where[building] ?? "") : (building ?? "");
  const inView = [];
  for (let row = range.first; row <= range.last; row += 1) inView.push(...(rows.runAt(row)?.tags ?? []));
  const tags = [...new Set(inView)].sort();
  const ids = [...selection.selection];
  useEffect(() => {
    // opened from a column's menu or a chip: the panel stands at its button, which has to be in view
    if (building !== null) anchor.current?.scrollIntoView({ block: "nearest" });
  }, [building]);

  return (
    // in a wide window the table has what the page's head and edges leave of the height
    <div className={cn("flex flex-col gap-3", wide && "-mb-6 h-[calc(100dvh-5.375rem)] min-h-fit")}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="text-xl font-semibold tracking-tight">Runs</h1>
        <span className="text-muted tabular">{rows.total === null ? "" : formatInteger(rows.total)}</span>
        <LiveMark state={live.stream} />
        {live.waiting && (
          <Button variant="primary" size="sm" onClick={live.refresh} className="rounded-full">
            <ArrowUp aria-hidden="true" /> The list has changed: show it
          </Button>
        )}
        <div className="ml-auto flex flex-wrap items-center gap-2">
          <ViewsMenu search={search} onApply={apply} />
          {wide && <ColumnPicker view={view} known={known} onChange={change} />}
          <Button asChild variant="primary">
            <Link to="/launch">
              <Plus aria-hidden="true" /> Launch a run
            </Link>
          </Button>
        </div>
      </div>
      <Toolbar search={search} onChange={change} tags={tags} onClear={clear}>
        <Popover
          label="Condition"
          className="w-88"
          open={building !== null}
          onOpenChange={(open) => setBuilding(open ? "" : null)}
          trigger={
            <Button ref={anchor}>
              <ListFilterPlus aria-hidden="true" className="text-muted" /> Filter
            </Button>
          }
        >
          <FilterBuilder
            key={start}
            known={known}
            start={start}
            onDone={(condition) => {
              setWhere(typeof building === "number" ? where.with(building, condition) : [...where, condition]);
              setBuilding(null);
            }}
          />
        </Popover>
        {wide && <GroupPicker groups={view.groups} known={known} onChange={setGroups} />}
      </Toolbar>
      <Chips
        where={where}
        groups={wide ? view.groups : []}
        onEdit={setBuilding}
        onRemove={(index) => setWhere(where.filter((_, i) => i !== index))}
        onUngroup={(name) => setGroups(view.groups.filter((one) => one !== name))}
      />
      {wide ? (
        <TableView
          search={search}
          view={view}
          rows={rows}
          selection={selection}
          onRange={onRange}
          onAtTop={setAtTop}
          onChange={change}
          onFilter={setBuilding}
          onClear={clear}
        />
      ) : (
        <CardsView search={search} selection={selection} onClear={clear} />
      )}
      <SelectionBar
        ids={ids}
        columns={view.columns.map((column) => column.name)}
        knownTags={tags}
        deleted={search.deleted ?? false}
        onClear={selection.clear}
      />
    </div>
  );
}
