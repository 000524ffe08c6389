import { useState } from "react";

import type { RunColumn } from "@/api/types";
import { Input } from "@/components/ui/input";

import { BUILT_IN } from "./specs";

const HEADINGS = { run: "Run", config: "Configuration", metric: "Metrics" } as const;
const MOST = 200;

interface Props {
  columns: readonly RunColumn[];
  /** What a column looks like in the list. */
  children: (column: RunColumn) => React.ReactNode;
}

/** Everything there is to show or to ask for, with a search over names and descriptions. */
export function ColumnList({ columns, children }: Props) {
  const [text, setText] = useState("");
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = columns.filter((column) => {
    const all = `${column.name} ${titleOf(column)} ${column.description}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  return (
    <>
      <div className="border-b border-line p-2">
        <Input
          type="search"
          aria-label="Search columns"
          placeholder="learning rate, reward, seed …"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div className="min-h-24 overflow-y-auto p-1">
        {(["run", "config", "metric"] as const).map((source) => {
          const part = found.filter((column) => column.source === source).slice(0, MOST);
          if (part.length === 0) return null;
          return (
            <section key={source} aria-label={HEADINGS[source]}>
              <h3 className="px-2 pt-1.5 pb-0.5 text-xs font-medium text-muted">{HEADINGS[source]}</h3>
              {part.map(children)}
            </section>
          );
        })}
        {found.length === 0 && <p className="px-2 py-4 text-center text-muted">No column is called so.</p>}
      </div>
    </>
  );
}

/** The whole name of a column: `optimizer.learning_rate`, `reward max`. */
export function titleOf(column: RunColumn): string {
  return BUILT_IN[column.name]?.label ?? column.label;
}
