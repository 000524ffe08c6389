import "./shades.css";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";

import { isStatus } from "@/api/errors";
import { rollouts as rolloutsQuery, rolloutSteps, run as runQuery } from "@/api/queries";
import type { RolloutStep, Run } from "@/api/types";
import { isFinal } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { SearchInput } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { cn } from "@/lib/cn";
import { holdInView } from "@/lib/holdInView";

import type { RunSearch } from "../run/search";
import { Distributions } from "./Distributions";
import { FILTER_LABELS, filterCounts, filterGroups, FILTERS } from "./filter";
import { GroupCard } from "./GroupCard";
import { PromptView } from "./PromptView";
import { scaleOf } from "./shading";
import { ShadePicker } from "./ShadePicker";
import { StepPicker } from "./StepPicker";
import { useRolloutKeys } from "./useRolloutKeys";

const route = getRouteApi("/runs/$runId");

/** What the policy wrote: groups of one step, each token shaded by what the method made of it. */
export function RolloutsPanel({ runId }: { runId: string }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const set = (changes: Partial<RunSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  const run = useQuery(runQuery(runId)).data;
  const steps = useQuery(rolloutSteps(runId));

  if (steps.isError) return <ErrorState title="The rollouts could not be loaded" error={steps.error} onRetry={() => void steps.refetch()} />;
  if (steps.isPending) return <PanelSkeleton />;
  const last = steps.data.length - 1;
  if (last < 0) return <NoRollouts run={run} />;
  const wanted = search.step;
  // without a step in the URL, or with one that was not sampled: the newest up to it
  const found = wanted === undefined ? last : steps.data.findLastIndex((step) => step.step <= wanted);
  const at = Math.max(0, found);
  const running = run !== undefined && !isFinal(run.status);
  if (search.prompt) return <PromptView key={search.prompt} runId={runId} promptId={search.prompt} search={search} onSearch={set} />;
  const goTo = (step: number) => set({ step, group: undefined });
  return (
    <div className="flex flex-col gap-4">
      <StepPicker
        steps={steps.data}
        at={at}
        onStep={goTo}
        follow={running ? wanted === undefined : null}
        onFollow={(follow) => set({ step: follow ? undefined : steps.data[at]?.step, group: undefined })}
      />
      <Distributions runId={runId} step={steps.data[at]?.step ?? 0} onStep={goTo} />
      <StepRollouts runId={runId} steps={steps.data} at={at} search={search} onSearch={set} />
    </div>
  );
}

interface Props {
  runId: string;
  steps: readonly RolloutStep[];
  /** Position of the step that is shown. */
  at: number;
  search: RunSearch;
  onSearch: (changes: Partial<RunSearch>) => void;
}

function StepRollouts({ runId, steps, at, search, onSearch }: Props) {
  const step = steps[at]?.step ?? 0;
  const { shade = "entropy", show = "all", find = "" } = search;
  const query = useQuery({ ...rolloutsQuery(runId, step), placeholderData: keepPreviousData });
  const groups = useMemo(() => [...(query.data?.groups ?? [])].sort((a, b) => a.index - b.index), [query.data]);
  const scale = useMemo(() => scaleOf(groups.flatMap((group) => group.completions), shade), [groups, shade]);
  const shown = useMemo(() => filterGroups(groups, show, find), [groups, show, find]);
  const counts = useMemo(() => filterCounts(groups), [groups]);
  useRolloutKeys({ steps, at, search, onSearch });
  const list = useRef<HTMLDivElement>(null);
  const marked = query.data?.step === step ? search.group : undefined;
  useEffect(() => {
    // a link to a group leads there once its step is shown
    const group = marked === undefined ? null : list.current?.querySelector(`[aria-labelledby="group-${step}-${marked}"]`);
    return group ? holdInView(group) : undefined;
  }, [marked, step]);

  if (query.isError) {
    const title = isStatus(query.error, 404) ? `Step ${step} has no rollouts any more` : "The rollouts could not be loaded";
    return <ErrorState title={title} error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (query.isPending) return <GroupsSkeleton />;
  return (
    <>
      <div className="flex flex-col gap-x-6 gap-y-3 rounded-lg border border-line bg-surface p-3 xl:flex-row xl:items-start">
        <ShadePicker shade={shade} scale={scale} onShade={(next) => onSearch({ shade: next === "entropy" ? undefined : next })} />
        <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-2 xl:ml-auto">
          <div className="-m-0.5 max-w-full overflow-x-auto p-0.5">
            <Segmented
              label="Show completions"
              value={show}
              onChange={(next) => onSearch({ show: next === "all" ? undefined : next })}
              options={FILTERS.map((filter) => ({ value: filter, label: `${FILTER_LABELS[filter]} ${counts[filter]}` }))}
            />
          </div>
          <SearchInput
            className="w-full sm:w-56"
            aria-label="Search prompts and completions"
            placeholder="Search text"
            value={find}
            onChange={(event) => onSearch({ find: event.target.value || undefined })}
          />
        </div>
      </div>
      <div ref={list} className={cn("flex flex-col gap-4 transition-opacity", query.isPlaceholderData && "opacity-60")} aria-busy={query.isPlaceholderData}>
        {shown.map((one) => (
          <GroupCard
            key={one.group.index}
            shown={one}
            shade={shade}
            scale={scale}
            marked={one.group.index === marked}
            links={{
              group: { ...search, step: one.group.step, group: one.group.index },
              prompt: { ...search, step: one.group.step, group: undefined, prompt: one.group.prompt_id },
            }}
          />
        ))}
      </div>
      {shown.length === 0 && (
        <EmptyState
          title="No completion of this step is like that"
          action={<Button onClick={() => onSearch({ show: undefined, find: undefined })}>Show all</Button>}
        />
      )}
    </>
  );
}

function NoRollouts({ run }: { run: Run | undefined }) {
  const every = everyOf(run);
  const text =
    every === 0
      ? "This run was told to report none: logging.rollout_steps is 0 in its configuration."
      : run && isFinal(run.status)
        ? "This run ended before it reported any."
        : every === null
          ? "They appear here by themselves as soon as the run reports the first."
          : `They are sampled every ${every === 1 ? "step" : `${every} steps`} and appear here by themselves.`;
  return (
    <EmptyState icon={<MessagesSquare aria-hidden="true" />} title="No rollouts yet">
      {text}
    </EmptyState>
  );
}

/** Every how many steps a run samples rollouts; null when its configuration does not say. */
function everyOf(run: Run | undefined): number | null {
  const logging = run?.config.logging as { rollout_steps?: unknown } | undefined;
  return typeof logging?.rollout_steps === "number" ? logging.rollout_steps : null;
}

function PanelSkeleton() {
  return (
    <div role="status" aria-label="Loading rollouts" className="flex flex-col gap-4">
      <Skeleton className="h-11" />
      <GroupsSkeleton />
    </div>
  );
}

function GroupsSkeleton() {
  return (
    <div className="flex flex-col gap-4" aria-hidden="true">
      <Skeleton className="h-16" />
      <Skeleton className="h-[32rem]" />
    </div>
  );
}
