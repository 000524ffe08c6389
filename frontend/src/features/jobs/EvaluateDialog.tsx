import { useState } from "react";

import { Textarea } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { formatInteger } from "@/lib/format";

import { fromYaml, toYaml } from "../launch/yaml";
import { More, NumberRow, Row } from "./fields";
import { JobDialog, type JobFormProps } from "./JobDialog";
import { asSpec, numbers, shownValue, wholeNumbers } from "./spec";
import { useDraft } from "./useDraft";

const NUMBERS = ["num_examples", "num_samples", "temperature", "max_completion_length", "threshold", "batch_size", "seed"] as const;

/** Asks for Pass@1 and pass@k of a checkpoint. */
export function EvaluateDialog({ run, checkpoint, onClose }: JobFormProps) {
  const { draft, field } = useDraft();
  const [other, setOther] = useState(false);
  const [text, setText] = useState(() =>
    toYaml({ data: run.config.data, rewards: run.config.rewards } as Parameters<typeof toYaml>[0]),
  );
  const section = (name: string) => (run.config[name] ?? {}) as Record<string, unknown>;
  const own = (holder: string, name: string) => shownValue(section(holder)[name]);
  const spec = () => {
    const { values, wrong } = numbers(draft, NUMBERS);
    if (wrong) return `${wrong} is no number.`;
    const k = wholeNumbers(draft.pass_k ?? "");
    if (k === null) return "Pass@k: write whole numbers, such as 2, 4.";
    const held = other ? fromYaml(text) : null;
    if (held?.error) return `The data is not YAML${held.error.line === null ? "" : ` (line ${held.error.line})`}: ${held.error.message}`;
    return asSpec({ kind: "evaluate", ...values, ...(k && { pass_k: k }), ...held?.config });
  };
  return (
    <JobDialog
      checkpoint={checkpoint}
      title={`Evaluate step ${formatInteger(checkpoint.step)}`}
      description="With nothing filled in it is the evaluation that training makes, with the same problems."
      submit="Evaluate"
      spec={spec}
      onClose={onClose}
    >
      {(problems) => (
        <>
          <div>
            <Segmented
              label="Data"
              value={other ? "other" : "own"}
              onChange={(value) => setOther(value === "other")}
              options={[
                { value: "own", label: "The run's held-out problems" },
                { value: "other", label: "Other data" },
              ]}
            />
          </div>
          {other && (
            <Row
              label="Data and rewards, as in a configuration"
              problem={problems.get("data") ?? problems.get("rewards")}
              help="It starts with the run's own. Another dataset may need another score."
            >
              {(control) => (
                <Textarea
                  {...control}
                  rows={12}
                  spellCheck={false}
                  wrap="off"
                  className="resize-y overflow-x-auto font-mono text-xs leading-5 whitespace-pre"
                  value={text}
                  onChange={(event) => setText(event.target.value)}
                />
              )}
            </Row>
          )}
          <div className="grid grid-cols-3 gap-3">
            <NumberRow
              label="Problems"
              placeholder={own("evaluation", "num_examples")}
              {...field("num_examples")}
              problem={problems.get("num_examples")}
            />
            <NumberRow
              label="Samples each"
              placeholder={own("evaluation", "num_samples")}
              {...field("num_samples")}
              problem={problems.get("num_samples")}
            />
            <NumberRow label="Pass@k" placeholder={own("evaluation", "pass_k")} {...field("pass_k")} problem={problems.get("pass_k")} />
          </div>
          <p className="text-xs text-muted">Pass@k is estimated from the samples of each problem; without samples answers are greedy.</p>
          <More>
            <NumberRow
              label="Temperature of samples"
              placeholder={own("rollout", "temperature")}
              {...field("temperature")}
              problem={problems.get("temperature")}
            />
            <NumberRow
              label="Longest, tokens"
              placeholder={own("rollout", "max_completion_length")}
              {...field("max_completion_length")}
              problem={problems.get("max_completion_length")}
            />
            <NumberRow
              label="Score that passes"
              placeholder={own("evaluation", "threshold")}
              {...field("threshold")}
              problem={problems.get("threshold")}
            />
            <NumberRow
              label="Completions at once"
              placeholder={own("evaluation", "batch_size")}
              {...field("batch_size")}
              problem={problems.get("batch_size")}
            />
            <NumberRow label="Seed" placeholder={String(run.seed)} {...field("seed")} problem={problems.get("seed")} />
          </More>
        </>
      )}
    </JobDialog>
  );
}
