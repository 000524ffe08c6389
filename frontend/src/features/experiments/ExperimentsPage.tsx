import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { FlaskConical, Plus } from "lucide-react";

import { experimentList } from "@/api/queries";
import type { ExperimentSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { SearchInput } from "@/components/ui/input";
import { Progress } from "@/components/ui/progress";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { Table, Td, Th } from "@/components/ui/table";
import { TimeAgo } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatPercent } from "@/lib/format";
import { useTitle } from "@/lib/useTitle";

import { axesText } from "./compared";
import { StatusCounts } from "./StatusCounts";

/** Columns that a phone does without: what matters of them stands below the name. */
const WIDE = "max-sm:hidden";

const NEW = { preset: "demo-sa-ah-grpo", grid: true } as const;

/** `/experiments`, `?q=words`, `?deleted=true`. */
export function ExperimentsPage() {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const q = typeof search.q === "string" ? search.q : "";
  const deleted = search.deleted === "true" || search.deleted === true;
  useTitle("Experiments");
  const query = useInfiniteQuery(experimentList({ ...(q ? { q } : {}), ...(deleted ? { deleted } : {}) }));
  const set = (changes: { q?: string | undefined; deleted?: boolean | undefined }) => {
    const next = { q: q || undefined, deleted: deleted || undefined, ...changes };
    void navigate({ to: "/experiments", search: next, replace: true, resetScroll: false });
  };
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="flex flex-col gap-4">
      <header className="flex flex-wrap items-center gap-3">
        <h1 className="text-xl font-semibold tracking-tight">Experiments</h1>
        <SearchInput
          className="min-w-0 flex-1 basis-52 sm:max-w-80"
          aria-label="Search experiments"
          placeholder="Search experiments"
          value={q}
          onChange={(event) => set({ q: event.target.value || undefined })}
        />
        <Button aria-pressed={deleted} variant="ghost" onClick={() => set({ deleted: !deleted || undefined })}>
          {deleted ? "Back to the list" : "Bin"}
        </Button>
        <Button asChild variant="primary" className="sm:ml-auto">
          <Link to="/launch" search={NEW}>
            <Plus aria-hidden="true" /> New experiment
          </Link>
        </Button>
      </header>
      {query.isError && items.length === 0 && (
        <ErrorState error={query.error} title="The experiments could not be loaded" onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <Skeleton className="h-60" />}
      {query.isSuccess && items.length === 0 && <Nothing searched={q !== ""} deleted={deleted} />}
      {items.length > 0 && <List items={items} />}
      {query.hasNextPage && (
        <Button className="self-center" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older experiments
        </Button>
      )}
    </div>
  );
}

function List({ items }: { items: readonly ExperimentSummary[] }) {
  return (
    <Table aria-label="Experiments">
      <thead>
        <tr>
          <Th className="min-w-48">Name</Th>
          <Th className={WIDE}>Grid</Th>
          <Th className={WIDE}>Runs</Th>
          <Th className={cn(WIDE, "min-w-32")}>Steps done</Th>
          <Th className={WIDE}>Project</Th>
          <Th className={WIDE}>Launched</Th>
        </tr>
      </thead>
      <tbody className="[&_tr:last-child>*]:border-b-0">
        {items.map((each) => (
          <tr key={each.id}>
            <Td className="w-full max-w-0 min-w-48 sm:w-auto sm:max-w-96">
              <Link
                to="/experiments/$experimentId"
                params={{ experimentId: each.id }}
                className="block truncate font-medium hover:underline"
                title={each.name}
              >
                {each.name}
              </Link>
              <span className="block truncate text-xs text-muted">{axesText(each.fields) || "one configuration"}</span>
              <div className="mt-1.5 flex items-center gap-3 sm:hidden">
                <StatusCounts statuses={each.statuses} />
                <span className="ml-auto text-xs tabular">{formatPercent(each.max_steps ? each.steps / each.max_steps : null, 0)}</span>
              </div>
            </Td>
            <Td className={cn(WIDE, "whitespace-nowrap tabular")}>
              {each.cells} × {each.seeds.length} {each.seeds.length === 1 ? "seed" : "seeds"}
            </Td>
            <Td className={WIDE}>
              <StatusCounts statuses={each.statuses} />
            </Td>
            <Td className={WIDE}>
              <span className="mb-1 block text-xs tabular">{formatPercent(each.max_steps ? each.steps / each.max_steps : null, 0)}</span>
              <Progress value={each.steps} max={each.max_steps} label={`${each.steps} of ${each.max_steps} steps done`} />
            </Td>
            <Td className={cn(WIDE, "max-w-40 truncate")}>{each.project}</Td>
            <Td className={cn(WIDE, "whitespace-nowrap text-muted")}>
              <TimeAgo time={each.created_at} /> by {each.created_by}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Nothing({ searched, deleted }: { searched: boolean; deleted: boolean }) {
  if (searched || deleted) return <EmptyState title={searched ? "No experiment has these words" : "The bin is empty"} />;
  return (
    <EmptyState
      icon={<FlaskConical aria-hidden="true" />}
      title="No experiment yet"
      action={
        <Button asChild variant="primary">
          <Link to="/launch" search={NEW}>
            <Plus aria-hidden="true" /> Compare three algorithms over five seeds
          </Link>
        </Button>
      }
    >
      An experiment is a configuration, the values that some of its fields take, and seeds: launched, watched and reported as one.
    </EmptyState>
  );
}
