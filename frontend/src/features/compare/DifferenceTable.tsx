import { Table, Td, Th } from "@/components/ui/table";
import { cn } from "@/lib/cn";

import { bySection, type ConfigDifference, differenceText } from "./differences";
import { Swatch } from "./Swatch";
import type { ComparedRun } from "./useCompared";

interface Props {
  differences: ConfigDifference[];
  runs: readonly ComparedRun[];
}

/** The configuration fields on which the runs differ; what all have in common is left out. */
export function DifferenceTable({ differences, runs }: Props) {
  if (differences.length === 0) {
    return <p className="text-muted">{runs.length > 1 ? "None: the runs have the same configuration." : "One run has nothing to differ from."}</p>;
  }
  return (
    <Table aria-label="Configuration differences">
      <thead>
        <tr>
          <Th className="sticky left-0 z-10 bg-surface">Field</Th>
          {runs.map((run) => (
            <Th key={run.id} className="max-w-56">
              <span className="flex items-center gap-2">
                <Swatch color={run.color} dash={run.dash} />
                <span className="truncate" title={run.name}>
                  {run.name}
                </span>
              </span>
            </Th>
          ))}
        </tr>
      </thead>
      {bySection(differences).map(({ section, rows }) => (
        <tbody key={section}>
          {rows.map((row) => (
            <tr key={row.path}>
              <th scope="row" className="sticky left-0 z-10 border-b border-line bg-surface px-3 py-2 text-left font-mono text-xs font-normal">
                {row.path}
              </th>
              {runs.map((run) => {
                const value = Object.hasOwn(row.values, run.id) ? row.values[run.id] : undefined;
                const text = differenceText(value);
                return (
                  <Td key={run.id} title={text} className={cn("max-w-56 truncate tabular", (value === undefined || value === null) && "text-muted")}>
                    {text}
                  </Td>
                );
              })}
            </tr>
          ))}
        </tbody>
      ))}
    </Table>
  );
}
