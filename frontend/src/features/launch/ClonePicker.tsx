import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { runList } from "@/api/queries";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { algorithmLabel, shortModel } from "@/lib/format";

import type { LaunchSearch } from "./search";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** What of the address stays. */
  keep: LaunchSearch;
}

/** Any run, to start the form from its configuration. */
export function ClonePicker({ open, onOpenChange, keep }: Props) {
  const [text, setText] = useState("");
  const q = useDeferredValue(text.trim());
  const query = useInfiniteQuery(runList({ sort: "-created_at", ...(q ? { q } : {}) }, 30));
  const runs = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Clone a run" description="The form starts from its configuration; nothing is launched yet.">
      <div className="relative">
        <Search aria-hidden="true" className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
        <Input type="search" className="pl-8" aria-label="Search runs" placeholder="Search runs" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <div className="h-80 overflow-y-auto rounded-md border border-line" aria-busy={query.isFetching}>
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} className="m-3" />}
        {query.isPending && Array.from({ length: 6 }, (_, index) => <Skeleton key={index} className="m-2 h-10" />)}
        {query.isSuccess && runs.length === 0 && (
          <p className="p-6 text-center text-muted">{q ? `No run answers “${q}”.` : "There are no runs yet."}</p>
        )}
        <ul>
          {runs.map((run) => (
            <li key={run.id} className="border-b border-line last:border-0">
              <Link
                to="/launch"
                search={{ ...keep, from: run.id }}
                className="flex items-center gap-3 px-3 py-2 hover:bg-surface-2"
                onClick={() => onOpenChange(false)}
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{run.name}</span>
                  <span className="block truncate text-xs text-muted">
                    {algorithmLabel(run.algorithm, run.alpha)} · {shortModel(run.model)} · seed {run.seed} · <TimeAgo time={run.created_at} />
                  </span>
                </span>
                <StatusBadge status={run.status} />
              </Link>
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
    </Dialog>
  );
}
