import { Badge } from "@/components/ui/badge";
import { Table, Td, Th } from "@/components/ui/table";

interface Props {
  rows: readonly Record<string, unknown>[];
  prompt: string;
  answer: string;
}

/** Rows as a run reads them: question and reference answer first, the other columns behind. */
export function FirstRows({ rows, prompt, answer }: Props) {
  const others = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => key !== prompt && key !== answer);
  const columns = [...[prompt, answer].filter(Boolean), ...others].slice(0, 8);
  return (
    <Table aria-label="First rows" className="text-xs" regionClass="max-h-64 overflow-y-auto">
      <thead>
        <tr>
          {columns.map((key) => (
            <Th key={key}>
              {key}
              {key === prompt && <Badge tone="accent" className="ml-1.5">prompt</Badge>}
              {key === answer && <Badge tone="accent" className="ml-1.5">answer</Badge>}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody className="[&_tr:last-child>*]:border-b-0">
        {rows.map((row, index) => (
          // rows of a file have no names and never change places
          <tr key={index}>
            {columns.map((key) => (
              <Td key={key} className="max-w-80 min-w-24 align-top">
                <span className="line-clamp-3 break-words whitespace-pre-wrap">{shown(row[key])}</span>
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
