import { Link } from "@tanstack/react-router";

import type { RunComparison } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Table, Td, Th } from "@/components/ui/table";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";

import { COLUMNS, leaderOf, type Column, type Leader } from "./columns";
import { byRun, type Line } from "./lines";
import { Swatch } from "./Swatch";

interface Props {
  rows: RunComparison[];
  lines: readonly Line[];
}

const MANY = 12;
/** Many rows scroll under their headings, so that the charts stay in reach. */
const SCROLLS = "max-h-[34rem] overflow-y-auto [&_thead_th]:sticky [&_thead_th]:top-0 [&_thead_th]:z-20 [&_thead_th]:bg-surface";

/** One row a run; what a column means stands behind its heading and below the table. */
export function SummaryTable({ rows, lines }: Props) {
  const owners = byRun(lines);
  const sizes = new Map(rows.map((row) => [row.run_id, row.num_examples]));
  const leaders = new Map(COLUMNS.map((column) => [column.key, leaderOf(column, rows, sizes)]));
  return (
    <div className="space-y-2">
      <Table aria-label="Summary of the runs" {...(rows.length > MANY ? { regionClass: SCROLLS } : {})}>
        <thead>
          <tr>
            <Th className="sticky left-0 z-10 bg-surface">Run</Th>
            {COLUMNS.map((column) => (
              <Th key={column.key} className="text-right">
                <Tooltip content={column.help}>
                  <button type="button" className="rounded underline decoration-dotted underline-offset-4">
                    {column.label}
                  </button>
                </Tooltip>
                <span className="block min-h-4 font-normal">{column.unit}</span>
              </Th>
            ))}
          </tr>
        </thead>
        <tbody className="[&_tr:last-child>*]:border-b-0">
          {rows.map((row) => {
            const line = owners.get(row.run_id);
            return (
              <tr key={row.run_id}>
                <th scope="row" className="sticky left-0 z-10 max-w-40 border-b border-line bg-surface px-3 py-2 text-left font-normal sm:max-w-72">
                  <span className="flex items-center gap-2">
                    {line && <Swatch color={line.color} dash={line.dash} />}
                    <Link to="/runs/$runId" params={{ runId: row.run_id }} title={row.name} className="truncate font-medium hover:underline">
                      {row.name}
                    </Link>
                  </span>
                </th>
                {COLUMNS.map((column) => (
                  <Cell key={column.key} column={column} row={row} leader={leaders.get(column.key) ?? null} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </Table>
      <details className="text-xs text-muted">
        <summary className="w-fit rounded">What the columns mean</summary>
        <dl className="mt-2 grid gap-x-4 gap-y-1 sm:grid-cols-[max-content_minmax(0,1fr)]">
          {COLUMNS.map((column) => (
            <div key={column.key} className="contents">
              <dt className="font-medium text-text">{column.label}</dt>
              <dd className="mb-1">{column.help}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}

interface CellProps {
  column: Column;
  row: RunComparison;
  leader: Leader | null;
}

function Cell({ column, row, leader }: CellProps) {
  const first = leader?.runId === row.run_id;
  const window = column.key === "variance" ? row.variance_window : null;
  const collapsed = column.key === "collapsed" && row.collapsed === true;
  return (
    <Td className={cn("text-right whitespace-nowrap tabular", collapsed && "text-warning")}>
      <span className={cn(collapsed && "font-medium")}>{column.text(row)}</span>
      {first && (
        <Tooltip content={leader.note}>
          <button type="button" className="ml-1.5 rounded-full align-middle">
            <Badge tone={leader.clear ? "success" : "neutral"}>{leader.clear ? "ahead" : "highest, not clear"}</Badge>
          </button>
        </Tooltip>
      )}
      {window && (
        <span className="block text-xs text-muted">
          steps {window[0]}–{window[1]}
        </span>
      )}
    </Td>
  );
}
