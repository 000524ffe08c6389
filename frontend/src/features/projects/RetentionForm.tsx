import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useId, useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { project as projectQuery } from "@/api/queries";
import type { ProjectDetail, Retention } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { toast } from "@/components/ui/toast";

const FIELDS = [
  { key: "keep_checkpoints", label: "Newest checkpoints of each run", unit: "and the best one" },
  { key: "checkpoint_days", label: "Checkpoints, after the run's end", unit: "days" },
  { key: "rollout_days", label: "Rollouts, after the run's end", unit: "days" },
] as const;

type Texts = Record<(typeof FIELDS)[number]["key"], string>;

/** What is kept of a project's runs that ended. An empty field keeps everything. */
export function RetentionForm({ project }: { project: ProjectDetail }) {
  const client = useQueryClient();
  const id = useId();
  const [texts, setTexts] = useState<Texts>(() => toTexts(project.retention));
  const save = useMutation({
    mutationFn: (body: Retention) =>
      unwrap(api.PUT("/api/v1/projects/{name}/retention", { params: { path: { name: project.name } }, body })),
    onSuccess: (saved) => {
      client.setQueryData(projectQuery(project.name).queryKey, saved);
      toast.success(`Saved for ${project.name}`);
    },
    onError: (error) => toast.error(`Not saved: ${errorMessage(error)}`),
  });
  const changed = FIELDS.some(({ key }) => texts[key] !== toTexts(project.retention)[key]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate(fromTexts(texts));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <h3 className="font-medium">Kept of runs that ended</h3>
      {FIELDS.map(({ key, label, unit }) => (
        <div key={key} className="grid grid-cols-[minmax(0,14rem)_5.5rem_6.5rem] items-center gap-x-2">
          <Label htmlFor={`${id}-${key}`}>{label}</Label>
          <Input
            id={`${id}-${key}`}
            type="number"
            inputMode="numeric"
            min={1}
            max={key === "keep_checkpoints" ? 100_000 : 36_500}
            step={1}
            placeholder="all"
            value={texts[key]}
            onChange={(event) => setTexts((old) => ({ ...old, [key]: event.target.value }))}
          />
          <span className="text-xs text-muted">{texts[key] === "" ? "" : unit}</span>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Button type="submit" variant="primary" disabled={!changed || save.isPending}>
          Save
        </Button>
        <p className="min-w-0 flex-1 text-xs text-muted">
          {changed && hasLimit(texts)
            ? "The rest is deleted within minutes, and does not come back."
            : "Empty keeps everything. Runs that wait, train or are paused lose nothing."}
        </p>
      </div>
    </form>
  );
}

function toTexts(limits: Retention): Texts {
  return {
    keep_checkpoints: limits.keep_checkpoints?.toString() ?? "",
    checkpoint_days: limits.checkpoint_days?.toString() ?? "",
    rollout_days: limits.rollout_days?.toString() ?? "",
  };
}

function fromTexts(texts: Texts): Retention {
  const number = (text: string) => (text === "" ? null : Number(text));
  return {
    keep_checkpoints: number(texts.keep_checkpoints),
    checkpoint_days: number(texts.checkpoint_days),
    rollout_days: number(texts.rollout_days),
  };
}

function hasLimit(texts: Texts): boolean {
  return Object.values(texts).some((text) => text !== "");
}
