import { useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useDeferredValue, useId, useState } from "react";

import { runList } from "@/api/queries";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { algorithmLabel, formatFixed } from "@/lib/format";

import { MAX_COMPARED } from "./search";

interface Props {
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
}

interface DialogProps extends Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The list of runs to tick. */
export function PickRuns({ open, onOpenChange, chosen, onChange }: DialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Runs to compare"
      description={`Tick the runs that go into the charts and the table, up to ${MAX_COMPARED}.`}
      footer={
        <Button variant="primary" onClick={() => onOpenChange(false)}>
          Done
        </Button>
      }
    >
      <RunPicker chosen={chosen} onChange={onChange} />
    </Dialog>
  );
}

/** Runs to tick, newest first, found by name, tag or notes. */
function RunPicker({ chosen, onChange }: Props) {
  const id = useId();
  const [text, setText] = useState("");
  const q = useDeferredValue(text.trim());
  const query = useInfiniteQuery(runList({ sort: "-created_at", ...(q ? { q } : {}) }, 30));
  const runs = query.data?.pages.flatMap((page) => page.items) ?? [];
  const full = chosen.length >= MAX_COMPARED;
  return (
    <div className="flex min-h-0 flex-col gap-2">
      <div className="relative">
        <Search aria-hidden="true" className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
        <Input type="search" className="pl-8" aria-label="Search runs" placeholder="Search runs" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <div className="h-80 overflow-y-auto rounded-md border border-line" aria-busy={query.isFetching}>
        {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} className="m-3" />}
        {query.isPending && Array.from({ length: 6 }, (_, index) => <Skeleton key={index} className="m-2 h-10" />)}
        {query.isSuccess && runs.length === 0 && (
          <p className="p-6 text-center text-muted">{q ? `No run answers “${q}”.` : "There are no runs yet: launch one first."}</p>
        )}
        <ul>
          {runs.map((run) => {
            const ticked = chosen.includes(run.id);
            return (
              <li key={run.id} className="border-b border-line last:border-0">
                <label htmlFor={`${id}-${run.id}`} className="flex cursor-pointer items-center gap-3 px-3 py-2 hover:bg-surface-2">
                  <Checkbox
                    id={`${id}-${run.id}`}
                    checked={ticked}
                    disabled={full && !ticked}
                    onCheckedChange={() => onChange(ticked ? chosen.filter((one) => one !== run.id) : [...chosen, run.id])}
                  />
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{run.name}</span>
                    <span className="block truncate text-xs text-muted">
                      {algorithmLabel(run.algorithm, run.alpha)} · seed {run.seed} · reward {formatFixed(run.last_reward)} ·{" "}
                      <TimeAgo time={run.created_at} />
                    </span>
                  </span>
                  <StatusBadge status={run.status} />
                </label>
              </li>
            );
          })}
        </ul>
        {query.hasNextPage && (
          <div className="p-2 text-center">
            <Button size="sm" variant="ghost" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Older runs
            </Button>
          </div>
        )}
      </div>
      <p className="text-xs text-muted tabular" aria-live="polite">
        {chosen.length} chosen{full && `, which is the most that can be compared`}
      </p>
    </div>
  );
}
