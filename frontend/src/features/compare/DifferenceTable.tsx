import { Table, Td, Th } from "@/components/ui/table";
import { cn } from "@/lib/cn";

import { bySection, type ConfigDifference, valuesOf } from "./differences";
import type { Line } from "./lines";
import { Swatch } from "./Swatch";

interface Props {
  differences: ConfigDifference[];
  lines: readonly Line[];
}

/** The configuration fields on which the runs differ; what all have in common is left out. */
export function DifferenceTable({ differences, lines }: Props) {
  if (differences.length === 0) {
    const several = lines.some((line) => line.runIds.length > 1) || lines.length > 1;
    return <p className="text-muted">{several ? "None: the runs have the same configuration." : "One run has nothing to differ from."}</p>;
  }
  return (
    <Table aria-label="Configuration differences">
      <thead>
        <tr>
          <Th className="sticky left-0 z-10 bg-surface">Field</Th>
          {lines.map((line) => (
            <Th key={line.id} className="max-w-56 min-w-36">
              <span className="flex items-center gap-2">
                <Swatch color={line.color} dash={line.dash} />
                <span className="line-clamp-2 whitespace-normal" title={line.label}>
                  {line.label}
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
              {lines.map((line) => {
                const values = valuesOf(row, line.runIds);
                const text = values.join(", ");
                return (
                  <Td key={line.id} title={text} className={cn("max-w-56 truncate tabular", (text === "not set" || text === "empty") && "text-muted")}>
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
