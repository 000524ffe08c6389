import { createColumnHelper, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { RunRow } from "@/api/types";
import { Skeleton } from "@/components/ui/skeleton";
import { useElementWidth } from "@/lib/useElementWidth";

import { GroupHeading } from "./GroupHeading";
import { HeaderCell, type HeaderActions } from "./HeaderCell";
import { features, ROW_HEIGHT } from "./layout";
import { DataRow, LoadingRow } from "./TableRows";
import type { RunsSearch } from "./search";
import { placeOf } from "./sections";
import { useSparklines } from "./useSparklines";
import type { Range, useRows } from "./useRows";
import type { View } from "./view";

const SELECT_WIDTH = 40;
const MENU_WIDTH = 44;
const BLOCK = 25;

const helper = createColumnHelper<typeof features, RunRow>();
const NO_ROWS: RunRow[] = [];

interface Props {
  search: RunsSearch;
  view: View;
  rows: ReturnType<typeof useRows>;
  onRange: (range: Range) => void;
  header: HeaderActions;
  selection: ReadonlySet<string>;
  /** With shift the rows from the last one that was ticked to this one. */
  onSelect: (row: number, selected: boolean, through: boolean) => void;
  onSelectAll: (selected: boolean) => void;
  onOpenGroup: (id: string) => void;
  /** Where the list stands, for what must not move while somebody reads further down. */
  onScroll: (atTop: boolean) => void;
}

/** The table of runs. It scrolls in a frame of its own; only the rows in view are there. */
export function RunTable({ search, view, rows, onRange, header, selection, onSelect, onSelectAll, onOpenGroup, onScroll }: Props) {
  const [frame, frameWidth] = useElementWidth<HTMLDivElement>();
  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    // the bar of what is selected stands over the last rows: they can be scrolled above it
    paddingEnd: selection.size > 0 ? 72 : 0,
    onChange: (instance) => {
      const items = instance.getVirtualItems();
      const first = Math.floor((items[0]?.index ?? 0) / BLOCK) * BLOCK;
      const last = (Math.floor((items.at(-1)?.index ?? 0) / BLOCK) + 1) * BLOCK;
      onRange({ first, last });
      onScroll((instance.scrollOffset ?? 0) < ROW_HEIGHT);
    },
  });
  const items = virtualizer.getVirtualItems();
  const from = Math.floor((items[0]?.index ?? 0) / BLOCK) * BLOCK;
  const to = (Math.floor((items.at(-1)?.index ?? 0) / BLOCK) + 1) * BLOCK;
  const visible: RunRow[] = [];
  for (let row = from; row <= to; row += 1) {
    const run = rows.runAt(row);
    if (run) visible.push(run);
  }
  const drawn = view.columns.some((column) => column.name === "last_reward");
  const curves = useSparklines(drawn ? visible : []);

  const [dragged, setDragged] = useState<Record<string, number>>({});
  const drag = useCallback((name: string, width: number | null) => setDragged(width === null ? {} : { [name]: width }), []);
  const sizing = { ...view.widths, ...dragged };
  const columns = useMemo(
    () =>
      helper.columns(
        view.columns.map((spec) =>
          helper.display({
            id: spec.name,
            size: spec.width,
            header: spec.label,
          }),
        ),
      ),
    [view.columns],
  );
  // it keeps widths, order and pins; the rows are drawn as the virtualizer says
  const table = useTable({
    features,
    columns,
    data: NO_ROWS,
    state: {
      columnSizing: sizing,
      columnPinning: { start: [...view.pins], end: [] },
      columnOrder: view.columns.map((column) => column.name),
    },
  });
  const headers = [...table.getStartHeaderGroups(), ...table.getCenterHeaderGroups()].flatMap((group) => group.headers);
  // what is left over goes to the name, unless somebody has given that a width
  const spare = Math.max(0, frameWidth - SELECT_WIDTH - MENU_WIDTH - table.getTotalSize() - 2);
  const grows = sizing.name === undefined && view.columns.some((column) => column.name === "name") ? "name" : null;
  const widthOf = (id: string, size: number) => (id === grows ? size + spare : size);
  const lefts: Record<string, number> = {};
  let left = SELECT_WIDTH;
  for (const one of headers) {
    if (!view.pins.includes(one.column.id)) break;
    lefts[one.column.id] = left;
    left += widthOf(one.column.id, one.column.getSize());
  }
  const places = JSON.stringify(lefts);
  const pinned = useMemo(() => JSON.parse(places) as Record<string, number>, [places]);
  const select = useRef(onSelect);
  useLayoutEffect(() => {
    select.current = onSelect;
  });
  const pick = useCallback((row: number, selected: boolean, through: boolean) => select.current(row, selected, through), []);
  const total = SELECT_WIDTH + MENU_WIDTH + table.getTotalSize() + (grows ? spare : 0);
  const before = items[0]?.start ?? 0;
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  const allSelected = rows.total !== null && rows.total > 0 && selection.size >= rows.total;

  return (
    <div
      ref={frame}
      role="region"
      aria-label="Runs"
      tabIndex={0}
      className="min-h-96 flex-1 overflow-auto overscroll-contain rounded-lg border border-line bg-surface"
    >
      <table
        aria-label="Runs"
        aria-rowcount={rows.count + 1}
        aria-colcount={headers.length + 2}
        className="table-fixed border-separate border-spacing-0 text-left"
        style={{ width: Math.max(total, frameWidth - 2) }}
      >
        <colgroup>
          <col style={{ width: SELECT_WIDTH }} />
          {headers.map((one) => (
            <col key={one.id} style={{ width: widthOf(one.column.id, one.column.getSize()) }} />
          ))}
          {!grows && <col />}
          <col style={{ width: MENU_WIDTH }} />
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <HeaderCell.Select
              checked={allSelected || (selection.size > 0 && "indeterminate")}
              total={rows.total}
              onChange={onSelectAll}
            />
            {headers.map((one, i) => {
              const spec = view.columns[i];
              if (!spec) return null;
              return (
                <HeaderCell
                  key={one.id}
                  spec={spec}
                  search={search}
                  view={view}
                  width={widthOf(spec.name, one.column.getSize())}
                  left={lefts[spec.name]}
                  actions={header}
                  onDragWidth={drag}
                />
              );
            })}
            {!grows && <HeaderCell.Filler />}
            <HeaderCell.Rest />
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} />}
          {items.map((item) => {
            const place = placeOf(rows.sections, item.index);
            if (place?.heading && place.section.group) {
              return (
                <GroupHeading
                  key={`group ${place.section.id}`}
                  row={item.index}
                  group={place.section.group}
                  view={view}
                  lefts={lefts}
                  open={place.section.rows > 0}
                  onToggle={() => onOpenGroup(place.section.id)}
                />
              );
            }
            const run = rows.runAt(item.index);
            if (!run) return <LoadingRow key={`row ${item.index}`} row={item.index} span={headers.length + 2} />;
            return (
              <DataRow
                key={`${item.index} ${run.id}`}
                row={item.index}
                run={run}
                curve={curves.get(run.id)}
                view={view}
                lefts={pinned}
                selected={selection.has(run.id)}
                onSelect={pick}
                filler={!grows}
              />
            );
          })}
          {after > 0 && <Spacer height={after} />}
        </tbody>
      </table>
    </div>
  );
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true">
      <td style={{ height, padding: 0 }} />
    </tr>
  );
}

/** Rows as tall as the real ones, so that nothing moves when these come. */
export function RunTableSkeleton() {
  return (
    <div
      role="status"
      aria-label="Loading runs"
      className="min-h-96 flex-1 overflow-hidden rounded-lg border border-line bg-surface"
    >
      <div className="h-9" />
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} className="flex items-center gap-6 border-t border-line px-4" style={{ height: ROW_HEIGHT }}>
          <Skeleton className="size-4" />
          <Skeleton className="h-4 flex-1" />
          <Skeleton className="h-5 w-20" />
          <Skeleton className="h-4 w-24" />
          <Skeleton className="hidden h-6 w-36 md:block" />
          <Skeleton className="hidden h-4 w-28 md:block" />
        </div>
      ))}
    </div>
  );
}
