import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { RowSelectionState } from "@tanstack/react-table";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";

import { LiveMark } from "@/components/runs/LiveMark";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/states";
import { formatInteger } from "@/lib/format";
import { useMediaQuery } from "@/lib/useMediaQuery";
import { useTitle } from "@/lib/useTitle";

import { NoRuns } from "./NoRuns";
import { RunCards } from "./RunCards";
import { RunTable, RunTableSkeleton } from "./RunTable";
import { isFiltered, nextSort, type RunsSearch } from "./search";
import { SelectionBar } from "./SelectionBar";
import { Toolbar } from "./Toolbar";
import { useRunList } from "./useRunList";

const route = getRouteApi("/");

/** All runs, live. */
export function RunsPage() {
  useTitle("Runs");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const wide = useMediaQuery("(min-width: 900px)");
  const list = useRunList(search);
  const { runs } = list;
  const [selection, setSelection] = useState<RowSelectionState>({});
  const tags = useMemo(() => [...new Set(runs.flatMap((run) => run.tags))].sort(), [runs]);
  const chosen = runs.filter((run) => selection[run.id]);

  const change = (changes: Partial<RunsSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  const clear = () => void navigate({ search: search.sort ? { sort: search.sort } : {} });
  const onEnd = () => {
    if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
  };

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="text-xl font-semibold tracking-tight">Runs</h1>
        <span className="text-muted tabular">{list.total === null ? "" : formatInteger(list.total)}</span>
        <LiveMark state={list.stream} />
        <Button asChild variant="primary" className="ml-auto">
          <Link to="/launch">
            <Plus aria-hidden="true" /> Launch a run
          </Link>
        </Button>
      </div>
      <Toolbar search={search} onChange={change} tags={tags} />
      {list.isPending ? (
        <RunTableSkeleton />
      ) : list.isError && runs.length === 0 ? (
        <ErrorState title="The runs could not be loaded" error={list.error} onRetry={() => void list.refetch()} />
      ) : runs.length === 0 ? (
        <NoRuns filtered={isFiltered(search)} deleted={search.deleted ?? false} onClear={clear} />
      ) : wide ? (
        <RunTable
          runs={runs}
          sort={search.sort}
          onSort={(field) => change({ sort: nextSort(search.sort, field) })}
          selection={selection}
          onSelection={setSelection}
          onEnd={onEnd}
        />
      ) : (
        <RunCards runs={runs} selection={selection} onSelection={setSelection} onEnd={onEnd} />
      )}
      {list.isFetchingNextPage && (
        <p role="status" className="text-center text-muted">
          Loading more…
        </p>
      )}
      <SelectionBar runs={chosen} onClear={() => setSelection({})} />
    </div>
  );
}
