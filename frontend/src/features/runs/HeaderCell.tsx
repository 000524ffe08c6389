import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ChevronDown, EyeOff, Filter, Group, Pin, PinOff, RotateCcw } from "lucide-react";
import { type DragEvent, type KeyboardEvent, memo, type PointerEvent, useRef } from "react";

import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { DropdownMenu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/dropdown-menu";
import { cn } from "@/lib/cn";
import { formatInteger } from "@/lib/format";

import type { ColumnSpec } from "./specs";
import { nextSort, type RunsSearch, sorts } from "./search";
import { MIN_WIDTH, moved, shifted, toggleColumn, togglePin, type View, withWidth } from "./view";

const DRAG = "application/x-ahora-column";
const STYLE = "sticky top-0 z-20 h-9 border-b border-line bg-surface text-xs font-medium whitespace-nowrap text-muted";
const STEP = 16;

export interface HeaderActions {
  change: (changes: Partial<RunsSearch>) => void;
  filter: (column: string) => void;
}

interface Props {
  spec: ColumnSpec;
  search: RunsSearch;
  view: View;
  width: number;
  /** Its place when it is pinned. */
  left: number | undefined;
  actions: HeaderActions;
  /** Width while it is dragged; null when that is over. */
  onDragWidth: (name: string, width: number | null) => void;
}

/** Heading of a column: a click sorts, dragging it moves the column, its edge changes the width; the menu does all of it too. */
function Heading({ spec, search, view, width, left, actions, onDragWidth }: Props) {
  const order = sorts(search);
  const place = order.findIndex((one) => one.column === spec.name);
  const sorted = place < 0 ? undefined : order[place];
  const direction = sorted && (sorted.descending ? "descending" : "ascending");
  const Arrow = sorted?.descending ? ArrowDown : ArrowUp;
  const pinned = left !== undefined;
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    actions.change(moved(view, event.dataTransfer.getData(DRAG), spec.name));
  };
  return (
    <th
      scope="col"
      aria-sort={spec.sortable ? (direction ?? "none") : undefined}
      className={cn(STYLE, "group/head", pinned && "z-30")}
      style={pinned ? { left } : undefined}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData(DRAG, spec.name);
        event.dataTransfer.effectAllowed = "move";
      }}
      onDragOver={(event) => event.dataTransfer.types.includes(DRAG) && event.preventDefault()}
      onDrop={onDrop}
    >
      <div className={cn("flex h-full items-center px-3", spec.right && "justify-end")}>
        {spec.sortable ? (
          <button
            type="button"
            title={[spec.description, "Shift-click adds it to the order."].filter(Boolean).join("\n")}
            onClick={(event) => actions.change({ sort: nextSort(search, spec.name, event.shiftKey) })}
            className={cn("inline-flex min-w-0 items-center gap-1 rounded-sm hover:text-text", sorted && "text-text")}
          >
            <span className="truncate">{spec.label}</span>
            {sorted && <Arrow aria-hidden="true" className="size-3.5 shrink-0" />}
            {sorted && order.length > 1 && <span className="tabular">{place + 1}</span>}
          </button>
        ) : (
          <span className="truncate" title={spec.description}>
            {spec.label}
          </span>
        )}
        <ColumnMenu spec={spec} search={search} view={view} actions={actions} />
      </div>
      <ResizeHandle
        label={spec.label}
        width={width}
        onDrag={(size) => onDragWidth(spec.name, size)}
        onDone={(size) => {
          onDragWidth(spec.name, null);
          actions.change(withWidth(view, spec.name, size));
        }}
      />
    </th>
  );
}

function ColumnMenu({ spec, search, view, actions }: Pick<Props, "spec" | "search" | "view" | "actions">) {
  const { change } = actions;
  const pinned = view.pins.includes(spec.name);
  // the panel of a condition takes the focus, and closes where the menu takes it back
  const filtering = useRef(false);
  const at = view.columns.findIndex((column) => column.name === spec.name);
  const group = (name: string) => {
    const groups = view.groups.includes(name) ? view.groups.filter((one) => one !== name) : [...view.groups, name];
    change({ group: groups.join(",") || undefined, open: undefined });
  };
  return (
    <DropdownMenu
      align="start"
      onCloseAutoFocus={(event) => {
        if (filtering.current) event.preventDefault();
        filtering.current = false;
      }}
      trigger={
        <Button
          variant="ghost"
          size="icon"
          aria-label={`Column ${spec.label}`}
          // at the end where the label is not; a long one has the whole width while nobody points at it
          className={cn(
            "absolute size-5 bg-surface",
            spec.right ? "left-2" : "right-2.5",
            "opacity-0 group-hover/head:opacity-100 focus-visible:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100",
          )}
        >
          <ChevronDown aria-hidden="true" className="size-3.5!" />
        </Button>
      }
    >
      {spec.description && <MenuLabel className="max-w-72 whitespace-normal">{spec.description}</MenuLabel>}
      {spec.sortable && (
        <>
          <MenuItem onSelect={() => change({ sort: spec.name })}>
            <ArrowUp aria-hidden="true" /> Sort ascending
          </MenuItem>
          <MenuItem onSelect={() => change({ sort: `-${spec.name}` })}>
            <ArrowDown aria-hidden="true" /> Sort descending
          </MenuItem>
          <MenuItem onSelect={() => change({ sort: nextSort(search, spec.name, true) })}>
            <ArrowDown aria-hidden="true" /> Also sort by it
          </MenuItem>
          <MenuItem
            onSelect={() => {
              filtering.current = true;
              actions.filter(spec.name);
            }}
          >
            <Filter aria-hidden="true" /> Filter…
          </MenuItem>
          <MenuItem onSelect={() => group(spec.name)}>
            <Group aria-hidden="true" /> {view.groups.includes(spec.name) ? "Do not group by it" : "Group by it"}
          </MenuItem>
          <MenuSeparator />
        </>
      )}
      <MenuItem onSelect={() => change(togglePin(view, spec.name))}>
        {pinned ? <PinOff aria-hidden="true" /> : <Pin aria-hidden="true" />} {pinned ? "Unpin" : "Pin to the left"}
      </MenuItem>
      <MenuItem disabled={at <= 0} onSelect={() => change(shifted(view, spec.name, -1))}>
        <ArrowLeft aria-hidden="true" /> Move left
      </MenuItem>
      <MenuItem disabled={at >= view.columns.length - 1} onSelect={() => change(shifted(view, spec.name, 1))}>
        <ArrowRight aria-hidden="true" /> Move right
      </MenuItem>
      {view.widths[spec.name] !== undefined && (
        <MenuItem onSelect={() => change(withWidth(view, spec.name, undefined))}>
          <RotateCcw aria-hidden="true" /> Usual width
        </MenuItem>
      )}
      <MenuItem disabled={view.columns.length === 1} onSelect={() => change(toggleColumn(view, spec.name))}>
        <EyeOff aria-hidden="true" /> Hide
      </MenuItem>
    </DropdownMenu>
  );
}

interface HandleProps {
  label: string;
  width: number;
  onDrag: (width: number) => void;
  onDone: (width: number) => void;
}

/** The edge of a heading: dragged, or moved with the arrow keys. */
function ResizeHandle({ label, width, onDrag, onDone }: HandleProps) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const at = (event: PointerEvent) => {
    const from = start.current;
    return from ? Math.max(MIN_WIDTH, from.width + event.clientX - from.x) : width;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowLeft" ? -STEP : event.key === "ArrowRight" ? STEP : 0;
    if (!by) return;
    event.preventDefault();
    onDone(width + by);
  };
  return (
    // a separator that takes focus is a widget (WAI-ARIA "window splitter")
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={Math.round(width)}
      aria-valuemin={MIN_WIDTH}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => start.current && onDrag(at(event))}
      onPointerUp={(event) => {
        if (!start.current) return;
        const size = at(event);
        start.current = null;
        onDone(size);
      }}
      className="absolute inset-y-1.5 right-0 w-2 cursor-col-resize touch-none border-r border-line -outline-offset-1 hover:border-r-2 hover:border-accent focus-visible:border-r-2 focus-visible:border-accent"
    />
  );
}

interface SelectProps {
  checked: boolean | "indeterminate";
  total: number | null;
  onChange: (selected: boolean) => void;
}

function SelectHead({ checked, total, onChange }: SelectProps) {
  return (
    <th scope="col" className={cn(STYLE, "left-0 z-30 pl-3 text-left")}>
      <Checkbox
        aria-label={total === null ? "Select all runs that match" : `Select all ${formatInteger(total)} runs that match`}
        checked={checked}
        onCheckedChange={(value) => onChange(value === true)}
      />
    </th>
  );
}

function RestHead() {
  return (
    <th scope="col" className={cn(STYLE, "right-0 z-30")}>
      <span className="sr-only">Actions</span>
    </th>
  );
}

/** Takes the rest of the width where no column does. */
function FillerHead() {
  return <td aria-hidden="true" className={STYLE} />;
}

export const HeaderCell = Object.assign(memo(Heading), { Select: SelectHead, Rest: RestHead, Filler: FillerHead });
