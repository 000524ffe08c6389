import { useQueries, useQuery } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";

import { checkpoints as checkpointsQuery, job as jobQuery } from "@/api/queries";
import type { Checkpoint, Comparison } from "@/api/types";
import { isFinal } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { formatInteger } from "@/lib/format";
import { randomKey } from "@/lib/randomKey";

import { Row, SwitchRow } from "../jobs/fields";
import { JobCard } from "../jobs/JobCard";
import { asSpec, problemsOf } from "../jobs/spec";
import { useCreateJob } from "../jobs/useJobs";
import { choosePair, type Side } from "./checkpointPairs";
import type { CompareParams, CompareSearch } from "./search";

const SIDES = [0, 1] as const;
const NAMES = ["Left", "Right"] as const;
const AGAIN_MS = 1000;

interface Props {
  comparison: Comparison;
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
}

/** The same prompt on a checkpoint of each of two runs, the answers side by side. */
export function CheckpointPair({ comparison, search, onSearch }: Props) {
  const runIds = choosePair(comparison, search.pair).map(({ runId }) => runId);
  const queries = useQueries({ queries: runIds.map((id) => checkpointsQuery(id)) });
  const failed = queries.find(({ error, data }) => error && !data);
  if (failed) return <ErrorState error={failed.error} title="The checkpoints could not be loaded" onRetry={() => void failed.refetch()} />;
  const lists = queries.map(({ data }) => data);
  const [left, right] = lists;
  if (!left || !right) return <Skeleton className="h-64" />;
  const sides = choosePair(comparison, search.pair, [left, right]);
  return <Pair comparison={comparison} sides={sides} lists={[left, right]} jobs={search.jobs} onSearch={onSearch} />;
}

interface PairProps {
  comparison: Comparison;
  sides: readonly Side[];
  lists: readonly Checkpoint[][];
  jobs: readonly string[];
  onSearch: (changes: CompareParams) => void;
}

function Pair({ comparison, sides, lists, jobs, onSearch }: PairProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [greedy, setGreedy] = useState(true);
  const [template, setTemplate] = useState(true);
  const left = useCreateJob(sides[0]?.runId ?? "");
  const right = useCreateJob(sides[1]?.runId ?? "");
  const asked = useQuery({ ...jobQuery(jobs[0] ?? ""), enabled: jobs.length === 2 });
  const before = asked.data?.spec.kind === "sample" ? asked.data.spec.prompt : undefined;
  // a link that shows answers also shows what was asked
  const prompt = typed ?? before ?? "";
  const write = (next: readonly Side[]) =>
    onSearch({ pair: next.flatMap(({ runId, checkpointId }) => [runId, checkpointId ?? "none"]).join(","), jobs: undefined });
  const problems = problemsOf(left.error ?? right.error);
  const ready = sides.every(({ checkpointId }) => checkpointId) && prompt.trim() !== "";
  const busy = left.isPending || right.isPending;
  const ask = async (event: SyntheticEvent) => {
    event.preventDefault();
    const body = { spec: asSpec({ kind: "sample", prompt, template, greedy, num_completions: greedy ? 1 : 4 }), priority: 10 };
    const made = await Promise.allSettled(
      [left, right].map((side, i) => side.mutateAsync({ checkpointId: sides[i]?.checkpointId ?? "", body, key: randomKey() })),
    );
    // a refusal stands beside its field
    const ids = made.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
    if (ids.length === 2) {
      onSearch({
        pair: sides.flatMap(({ runId, checkpointId }) => [runId, checkpointId ?? ""]).join(","),
        jobs: ids.join(","),
      });
    }
  };
  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void ask(event)}>
      <div className="grid gap-3 sm:grid-cols-2">
        {SIDES.map((i) => (
          <SidePicker
            key={i}
            name={NAMES[i]}
            side={sides[i] ?? { runId: "", checkpointId: null }}
            comparison={comparison}
            list={lists[i] ?? []}
            onChange={(side) => write(sides.map((old, place) => (place === i ? side : old)))}
          />
        ))}
      </div>
      <Row label="Prompt" problem={problems.get("prompt") ?? problems.get("")}>
        {(control) => (
          <Textarea
            {...control}
            rows={2}
            className="min-h-14 resize-y font-mono text-[13px]"
            placeholder="A question like those in the data"
            value={prompt}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </Row>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
        <SwitchRow label="Greedy" checked={greedy} onChange={setGreedy} />
        <SwitchRow label="Each run’s prompt template" checked={template} onChange={setTemplate} />
        <Button type="submit" variant="primary" disabled={!ready || busy}>
          Ask both
        </Button>
      </div>
      {jobs.length === 2 && (
        <div className="grid gap-3 sm:grid-cols-2" aria-live="polite">
          {SIDES.map((i) => (
            <Answer key={jobs[i]} jobId={jobs[i] ?? ""} name={NAMES[i]} />
          ))}
        </div>
      )}
    </form>
  );
}

interface SideProps {
  name: string;
  side: Side;
  comparison: Comparison;
  list: readonly Checkpoint[];
  onChange: (side: Side) => void;
}

function SidePicker({ name, side, comparison, list, onChange }: SideProps) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-3">
      <legend className="sr-only">{name}</legend>
      <Select
        aria-label={`${name} run`}
        value={side.runId}
        onChange={(runId) => onChange({ runId, checkpointId: null })}
        options={comparison.runs.map((run) => ({ value: run.run_id, label: run.name }))}
      />
      {list.length === 0 ? (
        <p className="flex h-8 items-center text-muted">This run has no checkpoint.</p>
      ) : (
        <Select
          aria-label={`${name} checkpoint`}
          value={side.checkpointId ?? ""}
          onChange={(checkpointId) => onChange({ ...side, checkpointId })}
          options={list.map((one) => ({ value: one.id, label: `Step ${formatInteger(one.step)}` }))}
        />
      )}
    </fieldset>
  );
}

function Answer({ jobId, name }: { jobId: string; name: string }) {
  const query = useQuery({
    ...jobQuery(jobId),
    refetchInterval: ({ state }) => (state.data && isFinal(state.data.status) ? false : AGAIN_MS),
  });
  return (
    <section aria-label={`${name} answer`} className="min-w-0">
      {query.data ? (
        <JobCard job={query.data} withStep />
      ) : query.error ? (
        <ErrorState error={query.error} title="This answer is not there any more" onRetry={() => void query.refetch()} />
      ) : (
        <Skeleton className="h-24" />
      )}
    </section>
  );
}
