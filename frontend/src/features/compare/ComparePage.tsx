import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Columns3, Plus } from "lucide-react";
import { type ComponentProps, useMemo, useState } from "react";

import { LiveMark } from "@/components/runs/LiveMark";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { useTitle } from "@/lib/useTitle";

import { CompareCharts } from "./CompareCharts";
import { DifferenceTable } from "./DifferenceTable";
import { PickRuns } from "./PickRuns";
import { Remarks } from "./Remarks";
import { RunChips } from "./RunChips";
import { type CompareParams, readCompareSearch } from "./search";
import { SummaryTable } from "./SummaryTable";
import { useCompared } from "./useCompared";

const route = getRouteApi("/compare");

/** Any set of runs side by side: charts, summary, remarks and configuration differences. */
export function ComparePage() {
  const params = route.useSearch();
  const search = useMemo(() => readCompareSearch(params), [params]);
  const navigate = useNavigate({ from: "/compare" });
  const [picking, setPicking] = useState(false);
  useTitle("Compare");
  const set = (changes: CompareParams) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  const choose = (ids: string[]) =>
    set({
      runs: ids.join(",") || undefined,
      hide: search.hide.filter((id) => ids.includes(id)).join(",") || undefined,
    });
  return (
    <div className="flex flex-col gap-5">
      <header className="flex flex-wrap items-center gap-3">
        <h1 className="text-xl font-semibold">Compare runs</h1>
        {search.runs.length > 0 && (
          <Button className="ml-auto" onClick={() => setPicking(true)}>
            <Plus aria-hidden="true" /> Add runs
          </Button>
        )}
      </header>
      {search.runs.length === 0 ? (
        <EmptyState
          icon={<Columns3 aria-hidden="true" />}
          title="Which runs?"
          action={<PickButton onClick={() => setPicking(true)} />}
        >
          Pick runs here, or tick them in the table of runs. The link to this page keeps what you picked.
        </EmptyState>
      ) : (
        <Comparing search={search} onSearch={set} onChoose={choose} onPick={() => setPicking(true)} />
      )}
      <PickRuns open={picking} onOpenChange={setPicking} chosen={search.runs} onChange={choose} />
    </div>
  );
}

interface Props {
  search: ReturnType<typeof readCompareSearch>;
  onSearch: (changes: CompareParams) => void;
  onChoose: (ids: string[]) => void;
  onPick: () => void;
}

function Comparing({ search, onSearch, onChoose, onPick }: Props) {
  const compared = useCompared(search.runs, search.hide);
  const { runs, unknown, comparison, series } = compared;
  const hide = (id: string, hidden: boolean) =>
    onSearch({ hide: (hidden ? [...search.hide, id] : search.hide.filter((one) => one !== id)).join(",") || undefined });
  const without = (ids: readonly string[]) => onChoose(search.runs.filter((id) => !ids.includes(id)));

  if (compared.error) return <ErrorState error={compared.error} onRetry={compared.retry} />;
  return (
    <>
      {unknown.length > 0 && (
        <div role="alert" className="flex flex-wrap items-center gap-3 rounded-lg border border-warning/50 bg-warning-soft px-4 py-2 text-warning">
          <span className="min-w-0 flex-1 break-words">
            {unknown.length === 1 ? "There is no run " : "There are no runs "}
            <span className="font-mono">{unknown.join(", ")}</span>: mistyped, or of another installation.
          </span>
          <Button size="sm" onClick={() => without(unknown)}>
            Take out
          </Button>
        </div>
      )}
      {runs.length === 0 ? (
        <EmptyState title="None of these runs exists" action={<PickButton onClick={onPick} />} />
      ) : (
        <>
          <RunChips runs={runs} onHide={hide} onRemove={(id) => without([id])} />
          {comparison.error && !comparison.data ? (
            <ErrorState title="The summary could not be loaded" error={comparison.error} onRetry={compared.retry} />
          ) : comparison.data ? (
            <>
              <Remarks remarks={comparison.data.remarks} />
              <section aria-labelledby="summary" className="space-y-2">
                <h2 id="summary" className="text-base font-semibold">
                  Summary
                </h2>
                <SummaryTable rows={comparison.data.runs} runs={runs} />
              </section>
            </>
          ) : (
            <SummarySkeleton rows={search.runs.length} />
          )}
          <section aria-labelledby="charts" className="space-y-3">
            <div className="flex items-center gap-3">
              <h2 id="charts" className="text-base font-semibold">
                Charts
              </h2>
              <LiveMark state={series.stream} />
            </div>
            <CompareCharts runs={runs} series={series} search={search} onSearch={onSearch}>
              {comparison.data && <Differences differences={comparison.data.differences} runs={runs} />}
            </CompareCharts>
          </section>
        </>
      )}
    </>
  );
}

function PickButton({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="primary" onClick={onClick}>
      <Plus aria-hidden="true" /> Pick runs
    </Button>
  );
}

function Differences(props: ComponentProps<typeof DifferenceTable>) {
  return (
    <div className="space-y-2">
      <h2 className="text-base font-semibold">
        Configuration differences
      </h2>
      <DifferenceTable {...props} />
    </div>
  );
}

function SummarySkeleton({ rows }: { rows: number }) {
  return (
    <div role="status" aria-label="Loading the summary" className="space-y-3">
      <Skeleton className="h-16" />
      <Skeleton style={{ height: 60 + rows * 42 }} />
    </div>
  );
}
