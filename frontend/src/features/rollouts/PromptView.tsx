import { useQueries, useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useMemo, useState } from "react";

import { isStatus } from "@/api/errors";
import { promptHistory, prompts as promptsQuery, rolloutGroup } from "@/api/queries";
import type { PromptAppearance, PromptSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { formatNumber } from "@/lib/format";

import type { RunSearch } from "../run/search";
import { GroupCard } from "./GroupCard";
import { PromptLine } from "./PromptLine";
import { spaced } from "./spaced";
import { scaleOf } from "./shading";
import { ShadePicker } from "./ShadePicker";

/** Groups that are opened at first. */
const FIRST = 6;

interface Props {
  runId: string;
  promptId: string;
  search: RunSearch;
  onSearch: (changes: Partial<RunSearch>) => void;
}

/** One prompt across training: its reward over steps, and its groups one under the other. */
export function PromptView({ runId, promptId, search, onSearch }: Props) {
  const history = useQuery(promptHistory(runId, promptId));
  const listed = useQuery(promptsQuery(runId));
  const [all, setAll] = useState(false);
  const { shade = "entropy" } = search;
  const appearances = useMemo(() => history.data?.appearances ?? [], [history.data]);
  const opened = useMemo(() => (all ? appearances : spaced(appearances, FIRST, search.step)), [all, appearances, search.step]);
  const groups = useQueries({ queries: opened.map(({ step, index }) => rolloutGroup(runId, step, index)) });
  const loaded = groups.flatMap((query) => query.data?.groups ?? []);
  const scale = scaleOf(loaded.flatMap((group) => group.completions), shade);
  const back = () => onSearch({ prompt: undefined });

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button variant="ghost" onClick={back}>
          <ArrowLeft aria-hidden="true" /> All prompts of a step
        </Button>
        <h2 className="min-w-0 font-semibold">One prompt across training</h2>
        <Select
          aria-label="Prompt"
          className="w-full max-w-96 font-mono text-xs sm:ml-auto sm:w-96"
          value={promptId}
          onChange={(prompt) => onSearch({ prompt, step: undefined })}
          options={optionsOf(listed.data ?? [], promptId)}
        />
      </div>
      {history.isError && (
        <ErrorState
          title={isStatus(history.error, 404) ? "No rollouts of this prompt are stored" : "The prompt could not be loaded"}
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      )}
      {history.isPending && <Skeleton className="h-96 w-full" />}
      {appearances.length > 0 && (
        <>
          <PromptLine appearances={appearances} opened={opened} at={search.step} onStep={(step) => onSearch({ step })} />
          <div className="rounded-lg border border-line bg-surface p-3">
            <ShadePicker shade={shade} scale={scale} onShade={(next) => onSearch({ shade: next === "entropy" ? undefined : next })} />
          </div>
          {opened.map((appearance, place) => {
            const query = groups[place];
            const group = query?.data?.groups[0];
            return (
              <section key={appearance.step} id={`step-${appearance.step}`} aria-label={`Step ${appearance.step}`} className="flex scroll-mt-16 flex-col gap-1.5">
                <h3 className="text-sm font-medium tabular">{appearanceWords(appearance)}</h3>
                {group ? (
                  <GroupCard shown={{ group, shown: group.completions.map((_, index) => index) }} shade={shade} scale={scale} prompt={place === 0} />
                ) : query?.isError ? (
                  <ErrorState title="This group could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
                ) : (
                  <Skeleton className="h-80 w-full" />
                )}
              </section>
            );
          })}
          {opened.length < appearances.length && (
            <Button className="self-center" onClick={() => setAll(true)}>
              Open all {appearances.length} steps
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function appearanceWords({ step, reward_mean, correct, completions, mean_length, truncated }: PromptAppearance): string {
  const cut = truncated > 0 ? `, ${truncated} truncated` : "";
  return `Step ${step}: reward ${formatNumber(reward_mean, 3)}, ${correct} of ${completions} correct, ${formatNumber(mean_length, 3)} tokens${cut}`;
}

function optionsOf(prompts: readonly PromptSummary[], chosen: string) {
  const options = prompts.map(({ prompt_id, steps, first_reward, last_reward }) => ({
    value: prompt_id,
    label: prompt_id,
    description: `${steps === 1 ? "1 step" : `${steps} steps`}, reward ${formatNumber(first_reward, 2)} → ${formatNumber(last_reward, 2)}`,
  }));
  return options.some(({ value }) => value === chosen) ? options : [{ value: chosen, label: chosen }, ...options];
}
