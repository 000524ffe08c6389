import { useMemo, useState } from "react";

import type { Comparison } from "@/api/types";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuCheckbox } from "@/components/ui/dropdown-menu";
import { Label } from "@/components/ui/label";
import { Select } from "@/components/ui/select";
import { Table, Td, Th } from "@/components/ui/table";

import { Folded } from "./Folded";
import { byRun, type Line } from "./lines";
import { ParallelPlot } from "./ParallelPlot";
import { defaultAxes, type Dimension, dimensionsOf, parallelAxes, textOf } from "./relations";
import { ScatterPlot } from "./ScatterPlot";
import { type CompareParams, type CompareSearch, writePicked } from "./search";

interface Props {
  comparison: Comparison;
  lines: readonly Line[];
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
}

/** Configuration against result, a mark for each run. */
export function Relations({ comparison, lines, search, onSearch }: Props) {
  const all = useMemo(() => dimensionsOf(comparison), [comparison]);
  const [pointed, setPointed] = useState<string | null>(null);
  const owners = useMemo(() => byRun(lines), [lines]);
  const runs = useMemo(
    () =>
      comparison.runs.flatMap(({ run_id, name }) => {
        const line = owners.get(run_id);
        return line && !line.hidden ? [{ id: run_id, name, line }] : [];
      }),
    [comparison.runs, owners],
  );
  const fallback = defaultAxes(all);
  const x = all.find(({ key }) => key === search.sx) ?? fallback.x;
  const y = all.find(({ key }) => key === search.sy) ?? fallback.y;
  const chosen = search.axes.flatMap((key) => all.find((one) => one.key === key) ?? []);
  const axes = chosen.length > 1 ? chosen : parallelAxes(all);
  if (!x || !y) return <p className="text-muted">There are no results yet.</p>;
  const marks = { runs, pointed, onPoint: setPointed };
  return (
    <div className="flex flex-col gap-3">
      <div className="grid gap-3 xl:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <figure className="min-w-0 rounded-lg border border-line bg-surface p-3">
          <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Axis label="Across" value={x} all={all} onChange={(sx) => onSearch({ sx })} />
            <Axis label="Up" value={y} all={all} onChange={(sy) => onSearch({ sy })} />
          </figcaption>
          <ScatterPlot x={x} y={y} {...marks} />
        </figure>
        <figure className="min-w-0 rounded-lg border border-line bg-surface p-3">
          <figcaption className="flex min-h-8 flex-wrap items-center gap-2">
            <span className="text-muted">Drag along an axis to pick runs; click it to pick all again.</span>
            <span className="ml-auto">
              <DropdownMenu trigger={<Button size="sm">Axes</Button>}>
                {all.map((one) => (
                  <MenuCheckbox
                    key={one.key}
                    checked={axes.includes(one)}
                    onCheckedChange={(on) => onSearch({ axes: toggled(all, axes, one, on) })}
                  >
                    {one.label}
                  </MenuCheckbox>
                ))}
              </DropdownMenu>
            </span>
          </figcaption>
          <ParallelPlot axes={axes} {...marks} picked={search.picked} onPick={(picked) => onSearch({ picked: writePicked(picked) })} />
        </figure>
      </div>
      <div className="text-xs">
        <Folded title="As a table">
          <ValueTable runs={runs} dimensions={[...new Set([x, y, ...axes])]} />
        </Folded>
      </div>
    </div>
  );
}

interface AxisProps {
  label: string;
  value: Dimension;
  all: readonly Dimension[];
  onChange: (key: string) => void;
}

function Axis({ label, value, all, onChange }: AxisProps) {
  return (
    <span className="flex min-w-0 flex-1 items-center gap-2">
      <Label>{label}</Label>
      <Select
        aria-label={`${label}: axis of the scatter plot`}
        className="min-w-0"
        value={value.key}
        onChange={onChange}
        options={all.map((one) => ({ value: one.key, label: one.label }))}
      />
    </span>
  );
}

/** The keys of the axes with one more or less, in the order in which all are listed. */
function toggled(all: readonly Dimension[], axes: readonly Dimension[], one: Dimension, on: boolean): string {
  const next = all.filter((each) => (each === one ? on : axes.includes(each)));
  return next.map(({ key }) => key).join(",");
}

export interface Mark {
  id: string;
  name: string;
  line: Line;
}

function ValueTable({ runs, dimensions }: { runs: readonly Mark[]; dimensions: readonly Dimension[] }) {
  return (
    <Table aria-label="Configuration and results">
      <thead>
        <tr>
          <Th>Run</Th>
          {dimensions.map((one) => (
            <Th key={one.key}>{one.label}</Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <th scope="row" className="max-w-56 truncate border-b border-line px-3 py-1 text-left font-normal" title={run.name}>
              {run.name}
            </th>
            {dimensions.map((one) => (
              <Td key={one.key} className="py-1 tabular">
                {textOf(one, run.id)}
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
