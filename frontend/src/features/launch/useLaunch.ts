import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef } from "react";

import { api, unwrap } from "@/api/client";
import { ApiError } from "@/api/errors";
import { keys } from "@/api/queries";
import type { Experiment, Run } from "@/api/types";
import { toast } from "@/components/ui/toast";

import type { FieldProblem } from "./check";
import { dropDraft } from "./draft";
import { stripPrefix } from "./problems";
import { experimentBody, launchBodies, SubmissionKeys, type LaunchBody } from "./submission";
import type { LaunchForm } from "./useLaunchForm";
import { asRunConfig } from "./useValidation";

export interface Launch {
  launch: () => void;
  pending: boolean;
  /** Anything but a refused field, such as a server that does not answer. */
  error: Error | null;
}

/** Launches what the form holds, once however often it is asked to, and goes to what was launched. */
export function useLaunch(form: LaunchForm): Launch {
  const client = useQueryClient();
  const navigate = useNavigate();
  const submission = useRef(new SubmissionKeys());
  const running = useRef(false);

  const mutation = useMutation({
    mutationFn: async (): Promise<Launched> => {
      if (form.grid) return { experiment: await createExperiment(form, submission.current) };
      const bodies = launchBodies(form.config, form.details, form.start.origin);
      const runs: Run[] = [];
      // one after the other: with the same keys a second try only launches what is still missing
      for (const body of bodies) runs.push(await create(body, submission.current.keyOf(body)));
      return { runs, bodies };
    },
    onSuccess: (launched) => {
      submission.current.clear();
      dropDraft(form.start.origin);
      void client.invalidateQueries({ queryKey: keys.runs });
      if ("experiment" in launched) {
        const { summary } = launched.experiment;
        void client.invalidateQueries({ queryKey: keys.experiments });
        client.setQueryData([...keys.experiments, summary.id], launched.experiment);
        toast.success(`Launched ${summary.runs} runs`);
        void navigate({ to: "/experiments/$experimentId", params: { experimentId: summary.id } });
        return;
      }
      const { runs, bodies } = launched;
      const [first] = runs;
      const [body] = bodies;
      if (!first || !body) return;
      if (runs.length === 1) {
        client.setQueryData(keys.run(first.id), first);
        toast.success(`Launched ${first.name}`);
        void navigate({ to: "/runs/$runId", params: { runId: first.id } });
        return;
      }
      toast.success(`Launched ${runs.length} runs`);
      const group = form.details.groupTag.trim();
      void navigate({ to: "/", search: group ? { tag: [group] } : { project: body.project } });
    },
    onError: (error) => {
      running.current = false;
      if (!(error instanceof ApiError) || error.status !== 422) return;
      const inConfig = (path: string) => /^(body\.)?config(\.|$)/.test(path);
      const config: FieldProblem[] = [];
      const details: FieldProblem[] = [];
      for (const field of error.fields) {
        if (inConfig(field.path)) config.push({ ...field, path: stripPrefix(field.path) });
        else details.push({ ...field, path: stripPrefix(field.path) });
      }
      form.refuse({ checked: form.config, problems: config, waitsFor: null, workers: [] }, details);
    },
  });

  const refusedFields = mutation.error instanceof ApiError && mutation.error.status === 422 && mutation.error.fields.length > 0;
  return {
    launch: () => {
      // a double click comes before the button knows that it is busy, or after a fast answer: what was
      // launched is shown next, so this form launches no more
      if (running.current) return;
      running.current = true;
      mutation.mutate();
    },
    pending: mutation.isPending || mutation.isSuccess,
    error: refusedFields ? null : mutation.error,
  };
}

type Launched = { experiment: Experiment } | { runs: Run[]; bodies: LaunchBody[] };

function createExperiment(form: LaunchForm, submission: SubmissionKeys): Promise<Experiment> {
  const { config, details, start } = form;
  const body = experimentBody(config, details, start.origin, start.title);
  return unwrap(api.POST("/api/v1/experiments", { body, headers: { "Idempotency-Key": submission.keyOf(body) } }));
}

function create(body: LaunchBody, key: string): Promise<Run> {
  return unwrap(
    api.POST("/api/v1/runs", {
      body: { ...body, config: asRunConfig(body.config) },
      headers: { "Idempotency-Key": key },
    }),
  );
}
