import { type ReactNode, useId } from "react";

import { Skeleton } from "@/components/ui/skeleton";
import { Table, Td, Th } from "@/components/ui/table";

import { changesOf } from "./configChanges";
import { showValue } from "./flatten";

interface Props {
  /** Names the table. */
  label: string;
  /** Stands above it, where it is more than its name. */
  title?: ReactNode;
  before: unknown;
  after: unknown;
  isPending: boolean;
  /** Shown when there is nothing to compare with. */
  children: ReactNode;
}

/** Every field on which two configurations differ. */
export function ChangeTable({ label, title = label, before, after, isPending, children }: Props) {
  const id = useId();
  const changes = before === undefined ? [] : changesOf(before, after);
  return (
    <section aria-labelledby={id} className="flex flex-col gap-2">
      <h2 id={id} className="font-semibold">
        {title}
      </h2>
      {isPending && <Skeleton className="h-24 w-full" />}
      {!isPending && before === undefined && <p className="text-muted">{children}</p>}
      {before !== undefined && changes.length === 0 && <p className="text-muted">No difference.</p>}
      {changes.length > 0 && (
        <Table aria-label={label}>
          <thead>
            <tr>
              <Th>Field</Th>
              <Th>There</Th>
              <Th>Here</Th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.path}>
                <th scope="row" className="border-b border-line px-3 py-2 text-left align-top font-mono text-xs font-normal break-words">
                  {change.path}
                </th>
                <Value value={change.before} />
                <Value value={change.after} />
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === undefined) return <Td className="text-muted">not set</Td>;
  return <Td className="max-w-96 break-words whitespace-pre-wrap tabular">{showValue(value)}</Td>;
}
