import { lazy, type ReactNode, Suspense, useState } from "react";

import type { Comparison } from "@/api/types";
import { LiveMark } from "@/components/runs/LiveMark";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";

import { CompareCharts } from "./CompareCharts";
import { DifferenceTable } from "./DifferenceTable";
import { Folded } from "./Folded";
import { GroupTable } from "./GroupTable";
import { hasMeans } from "./lines";
import { LineChips } from "./LineChips";
import { Remarks } from "./Remarks";
import type { CompareParams, CompareSearch } from "./search";
import { SummaryTable } from "./SummaryTable";
import { type Compared, useCompared } from "./useCompared";
import { ViewBar } from "./ViewBar";

const Relations = lazy(() => import("./Relations").then(({ Relations }) => ({ default: Relations })));

const CheckpointPair = lazy(() => import("./CheckpointPair").then(({ CheckpointPair }) => ({ default: CheckpointPair })));

interface Props {
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
  /** What is shown where none of the runs exists. */
  nothing: ReactNode;
  /** What the experiment's configurations differ in, as the name of that grouping. */
  configurations?: string;
  /** Takes runs out of the comparison; without it there is no way to. */
  onRemove: ((ids: readonly string[]) => void) | undefined;
}

/** Statistics, charts, differences and relations of some runs, alone or in groups. */
export function Comparing({ search, onSearch, nothing, onRemove, configurations }: Props) {
  const compared = useCompared(search);
  if (compared.nothing) return nothing;
  if (compared.error) return <ErrorState error={compared.error} onRetry={compared.retry} />;
  // nothing stands here before the answer that would move when it comes
  if (!compared.comparison) return <Waiting lines={search.runs.length} />;
  return (
    <Shown
      compared={{ ...compared, comparison: compared.comparison }}
      search={search}
      onSearch={onSearch}
      onRemove={onRemove}
      configurations={configurations}
    />
  );
}

interface ShownProps {
  compared: Compared & { comparison: Comparison };
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
  onRemove: Props["onRemove"];
  configurations: string | undefined;
}

function Shown({ compared, search, onSearch, onRemove, configurations }: ShownProps) {
  const { comparison, lines, live } = compared;
  const hide = (id: string, hidden: boolean) =>
    onSearch({ hide: (hidden ? [...search.hide, id] : search.hide.filter((one) => one !== id)).join(",") || undefined });
  const grouped = hasMeans(lines);
  const summary = <SummaryTable rows={comparison.runs} lines={lines} />;
  return (
    <>
      {comparison.unknown.length > 0 && onRemove && <Unknown ids={comparison.unknown} onRemove={onRemove} />}
      <ViewBar search={search} onSearch={onSearch} comparison={comparison} lines={lines} configurations={configurations} />
      <LineChips lines={lines} comparison={comparison} onHide={hide} onRemove={onRemove} />
      <Remarks remarks={comparison.remarks} />
      <Section id="statistics" title={grouped ? "Statistics" : "Summary"}>
        {grouped ? (
          <>
            <GroupTable comparison={comparison} lines={lines} />
            <Folded title="Each run">{summary}</Folded>
          </>
        ) : (
          summary
        )}
      </Section>
      <Section id="charts" title="Charts" aside={compared.moving && <LiveMark state={live.stream} />}>
        <CompareCharts compared={compared} search={search} onSearch={onSearch}>
          <Section id="differences" title="Configuration differences">
            <DifferenceTable differences={comparison.differences} lines={lines} />
          </Section>
          {comparison.runs.length > 1 && (
            <Section id="relations" title="Configuration and results">
              <Suspense fallback={<Skeleton className="h-[26rem]" />}>
                <Relations comparison={comparison} lines={lines} search={search} onSearch={onSearch} />
              </Suspense>
            </Section>
          )}
          {comparison.runs.length > 1 && (
            <Section id="checkpoints" title="Two checkpoints on one prompt">
              <OnDemand open={search.jobs.length === 2} label="Try two checkpoints on a prompt">
                <CheckpointPair comparison={comparison} search={search} onSearch={onSearch} />
              </OnDemand>
            </Section>
          )}
        </CompareCharts>
      </Section>
    </>
  );
}

interface SectionProps {
  id: string;
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}

function Section({ id, title, aside, children }: SectionProps) {
  return (
    <section aria-labelledby={id} className="space-y-2">
      <div className="flex items-center gap-3">
        <h2 id={id} className="text-base font-semibold">
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** What costs requests and is seldom wanted waits for a click. */
function OnDemand({ open, label, children }: { open: boolean; label: string; children: ReactNode }) {
  const [wanted, setWanted] = useState(open);
  if (!wanted) return <Button onClick={() => setWanted(true)}>{label}</Button>;
  return <Suspense fallback={<Skeleton className="h-64" />}>{children}</Suspense>;
}

function Unknown({ ids, onRemove }: { ids: readonly string[]; onRemove: (ids: readonly string[]) => void }) {
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-lg border border-warning/50 bg-warning-soft px-4 py-2 text-warning">
      <span className="min-w-0 flex-1 break-words">
        {ids.length === 1 ? "There is no run " : "There are no runs "}
        <span className="font-mono">{ids.join(", ")}</span>: mistyped, or of another installation.
      </span>
      <Button size="sm" onClick={() => onRemove(ids)}>
        Take out
      </Button>
    </div>
  );
}

function Waiting({ lines }: { lines: number }) {
  return (
    <div role="status" aria-label="Loading the comparison" className="flex flex-col gap-5">
      <Skeleton className="h-8" />
      <Skeleton className="max-h-72" style={{ height: lines * 28 }} />
      <Skeleton className="h-24" />
      <Skeleton className="h-96" />
    </div>
  );
}
