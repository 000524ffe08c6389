import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue, useState } from "react";

import { runList } from "@/api/queries";
import type { RunSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { SearchInput } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";

import { StatusBadge } from "./StatusBadge";

/** The class of what a row consists of: a label or a link around its `RunLine`. */
export const RUN_ROW = "flex items-center gap-3 px-3 py-2 hover:bg-surface-2";

interface Props {
  /** What stands there when there are no runs at all. */
  none: string;
  /** One run. */
  row: (run: RunSummary) => ReactNode;
}

/** Runs to choose from, newest first, found by name, tag or notes. */
export function RunSearch({ none, row }: Props) {
  const [text, setText] = useState("");
  const q = useDeferredValue(text.trim());
  const query = useInfiniteQuery(runList({ sort: "-created_at", ...(q ? { q } : {}) }, 30));
  const runs = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <SearchInput
        aria-label="Search runs"
        placeholder="Search runs"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="h-80 overflow-y-auto rounded-md border border-line" aria-busy={query.isFetching}>
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} className="m-3" />}
        {query.isPending && Array.from({ length: 6 }, (_, index) => <Skeleton key={index} className="m-2 h-10" />)}
        {query.isSuccess && runs.length === 0 && <p className="p-6 text-center text-muted">{q ? `No run answers “${q}”.` : none}</p>}
        <ul>
          {runs.map((run) => (
            <li key={run.id} className="border-b border-line last:border-0">
              {row(run)}
            </li>
          ))}
        </ul>
        {query.hasNextPage && (
          <div className="p-2 text-center">
            <Button size="sm" variant="ghost" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Older runs
            </Button>
          </div>
        )}
      </div>
    </>
  );
}

/** A run's name and status, and beneath the name what tells it from others. */
export function RunLine({ run, children }: { run: RunSummary; children: ReactNode }) {
  return (
    <>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{run.name}</span>
        <span className="block truncate text-xs text-muted">{children}</span>
      </span>
      <StatusBadge status={run.status} />
    </>
  );
}
