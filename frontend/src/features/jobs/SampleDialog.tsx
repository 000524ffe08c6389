import { useState } from "react";

import type { Run } from "@/api/types";
import { Textarea } from "@/components/ui/input";
import { formatInteger } from "@/lib/format";

import { More, NumberRow, Row, SwitchRow } from "./fields";
import { JobDialog, type JobFormProps } from "./JobDialog";
import { asSpec, numbers, shownValue } from "./spec";
import { useDraft } from "./useDraft";

const NUMBERS = ["num_completions", "max_completion_length", "temperature", "top_p", "top_k", "min_p", "seed"] as const;

/** Asks for completions of a prompt. */
export function SampleDialog({ run, checkpoint, onClose }: JobFormProps) {
  const { draft, field } = useDraft({ num_completions: "4" });
  const [template, setTemplate] = useState(true);
  const [greedy, setGreedy] = useState(false);
  const rollout = (run.config.rollout ?? {}) as Record<string, unknown>;
  const own = (name: string) => shownValue(rollout[name]);
  const spec = () => {
    const { values, wrong } = numbers(draft, NUMBERS);
    if (wrong) return `${wrong} is no number.`;
    return asSpec({ kind: "sample", prompt: draft.prompt ?? "", template, greedy, ...values });
  };
  return (
    <JobDialog
      checkpoint={checkpoint}
      title={`Try step ${formatInteger(checkpoint.step)} on a prompt`}
      description="A worker loads this checkpoint and answers; you see each token with its entropy."
      submit="Sample"
      spec={spec}
      onClose={onClose}
    >
      {(problems) => (
        <>
          <Row label="Prompt" problem={problems.get("prompt")}>
            {(control) => (
              <Textarea
                {...control}
                rows={4}
                required
                className="resize-y font-mono text-[13px]"
                placeholder={firstPrompt(run)}
                value={draft.prompt ?? ""}
                onChange={(event) => field("prompt").onChange(event.target.value)}
              />
            )}
          </Row>
          <SwitchRow
            label="Put it through the run's prompt template"
            checked={template}
            onChange={setTemplate}
            help="As in training. Off: the model continues the text as it stands."
          />
          <SwitchRow label="Greedy" checked={greedy} onChange={setGreedy} help="The likeliest token each time: one completion." />
          <div className="grid grid-cols-3 gap-3">
            <NumberRow label="Completions" {...field("num_completions")} problem={problems.get("num_completions")} />
            <NumberRow
              label="Temperature"
              placeholder={own("temperature")}
              {...field("temperature")}
              problem={problems.get("temperature")}
            />
            <NumberRow
              label="Longest, tokens"
              placeholder={own("max_completion_length")}
              {...field("max_completion_length")}
              problem={problems.get("max_completion_length")}
            />
          </div>
          <More>
            <NumberRow label="Top-p" placeholder={own("top_p")} {...field("top_p")} problem={problems.get("top_p")} />
            <NumberRow label="Top-k" placeholder={own("top_k")} {...field("top_k")} problem={problems.get("top_k")} />
            <NumberRow label="Min-p" placeholder={own("min_p")} {...field("min_p")} problem={problems.get("min_p")} />
            <NumberRow label="Seed" placeholder="0" {...field("seed")} problem={problems.get("seed")} />
          </More>
        </>
      )}
    </JobDialog>
  );
}

/** A prompt of the run's own data, as an example of what the model knows. */
function firstPrompt(run: Run): string {
  const provenance = run.attempts.at(-1)?.provenance as { prompts?: unknown[] } | null | undefined;
  const prompt = provenance?.prompts?.[0];
  const template = (run.config.data as { prompt?: { prompt_template?: string } } | undefined)?.prompt?.prompt_template;
  return typeof prompt === "string" && template === "{question}" && prompt.length < 200 ? `Such as ${prompt}` : "A question like those in the data";
}
