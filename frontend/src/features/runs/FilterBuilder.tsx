import { useQuery } from "@tanstack/react-query";
import { ChevronLeft } from "lucide-react";
import { type SyntheticEvent, useId, useState } from "react";

import { columnValues } from "@/api/queries";
import type { RunColumn } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { formatInteger, formatNumber } from "@/lib/format";

import { ColumnList, titleOf } from "./ColumnList";
import { type Condition, literal, operatorsOf, parseCondition, problemOf, writeCondition } from "./conditions";

interface Props {
  known: readonly RunColumn[];
  /** A condition to change, or the name of a column to begin with. */
  start: string;
  onDone: (condition: string) => void;
}

const WORDS = {
  "=": "is",
  "!=": "is not",
  ">": "is above",
  ">=": "is at least",
  "<": "is below",
  "<=": "is at most",
  "~": "contains",
  "!~": "does not contain",
} as const;

/** Builds a condition: a column, a comparison that fits its kind, a value of those there are. */
export function FilterBuilder({ known, start, onDone }: Props) {
  const given = parseCondition(start);
  const [column, setColumn] = useState(given?.column ?? start);
  const chosen = known.find((one) => one.name === column);
  if (!chosen) {
    return (
      <ColumnList columns={known}>
        {(one) => (
          <button
            key={one.name}
            type="button"
            title={one.description || one.name}
            onClick={() => setColumn(one.name)}
            className="block w-full truncate rounded-md px-2 py-1 text-left hover:bg-surface-2"
          >
            {titleOf(one)}
          </button>
        )}
      </ColumnList>
    );
  }
  return (
    <Comparison
      key={column}
      column={chosen}
      given={given?.column === column ? given : null}
      onBack={() => setColumn("")}
      onDone={onDone}
    />
  );
}

interface ComparisonProps {
  column: RunColumn;
  given: Condition | null;
  onBack: () => void;
  onDone: (condition: string) => void;
}

function Comparison({ column, given, onBack, onDone }: ComparisonProps) {
  const operators = operatorsOf(column.kind);
  const id = useId();
  const [operator, setOperator] = useState(given?.operator ?? operators[0] ?? "=");
  const [value, setValue] = useState(given?.value ?? "");
  const [tried, setTried] = useState(false);
  const { data } = useQuery(columnValues(column.name));
  const problem = problemOf(column.kind, { column: column.name, operator, value });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setTried(true);
    if (!problem) onDone(writeCondition({ column: column.name, operator, value }));
  };
  const values = (data?.values ?? []).filter((one) => one.value !== null);
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 p-3" noValidate>
      <div className="flex items-center gap-1">
        <Button variant="ghost" size="icon" aria-label="Another column" onClick={onBack} className="-ml-1.5 size-7">
          <ChevronLeft aria-hidden="true" />
        </Button>
        <h3 className="min-w-0 truncate font-medium" title={column.name}>
          {titleOf(column)}
        </h3>
      </div>
      <div className="flex gap-2">
        <Select
          aria-label="Comparison"
          className="w-40 shrink-0"
          value={operator}
          onChange={(one) => setOperator(one as typeof operator)}
          options={operators.map((one) => ({ value: one, label: WORDS[one] }))}
        />
        <Input
          // the panel was opened to write this
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          aria-label="Value"
          aria-invalid={tried && problem !== null}
          aria-describedby={id}
          value={value}
          placeholder={column.kind === "time" ? "2026-11-24" : column.kind === "number" ? "1e-5" : ""}
          onChange={(event) => setValue(event.target.value)}
        />
      </div>
      <p id={id} role={tried && problem ? "alert" : undefined} className={tried && problem ? "text-xs text-danger" : "text-xs text-muted"}>
        {tried && problem
          ? problem
          : data && data.low !== null && data.high !== null
            ? `From ${formatNumber(data.low)} to ${formatNumber(data.high)}. Several with |; null is not set.`
            : "Several with | between; null is not set."}
      </p>
      {values.length > 0 && (
        <ul aria-label="Values there are" className="max-h-48 overflow-y-auto">
          {values.map((one) => {
            const text = typeof one.value === "string" ? literal(one.value) : String(one.value);
            return (
              <li key={text}>
                <button
                  type="button"
                  onClick={() => setValue(text)}
                  className="flex w-full items-center justify-between gap-3 rounded-md px-2 py-1 text-left hover:bg-surface-2"
                >
                  <span className="truncate">{typeof one.value === "number" ? formatNumber(one.value) : text}</span>
                  <span className="text-xs text-muted tabular">{formatInteger(one.runs)}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
      <Button type="submit" variant="primary" className="self-end">
        {given ? "Change" : "Add"}
      </Button>
    </form>
  );
}
