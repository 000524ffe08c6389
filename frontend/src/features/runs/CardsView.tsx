import { ErrorState } from "@/components/ui/states";

import { NoRuns } from "./NoRuns";
import { RunCards } from "./RunCards";
import { RunTableSkeleton } from "./RunTable";
import { isFiltered, type RunsSearch } from "./search";
import { useRunList } from "./useRunList";
import type { useSelection } from "./useSelection";

interface Props {
  search: RunsSearch;
  selection: ReturnType<typeof useSelection>;
  onClear: () => void;
}

/** The runs of a narrow screen, a card each. */
export function CardsView({ search, selection, onClear }: Props) {
  const list = useRunList(search);
  const { runs } = list;
  if (list.isPending) return <RunTableSkeleton />;
  if (list.isError && runs.length === 0) {
    return <ErrorState title="The runs could not be loaded" error={list.error} onRetry={() => void list.refetch()} />;
  }
  if (runs.length === 0) return <NoRuns filtered={isFiltered(search)} deleted={search.deleted ?? false} onClear={onClear} />;
  const onEnd = () => {
    if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
  };
  return (
    <>
      <RunCards runs={runs} selection={selection.selection} onToggle={(id, selected) => selection.set([id], selected)} onEnd={onEnd} />
      {list.isFetchingNextPage && (
        <p role="status" className="text-center text-muted">
          Loading more…
        </p>
      )}
    </>
  );
}
