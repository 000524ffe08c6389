import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { job as jobQuery, jobs as jobsQuery } from "@/api/queries";
import type { JobCreate, JobSummary, RunSummary } from "@/api/types";
import { useStream } from "@/api/useStream";
import { isFinal } from "@/components/runs/StatusBadge";
import { toast } from "@/components/ui/toast";

const MOST_STREAMED = 50;

/** The jobs on a run's checkpoints, newest first, live as long as they go on. */
export function useJobs(runId: string) {
  const client = useQueryClient();
  const { queryKey } = jobsQuery(runId);
  const query = useQuery(jobsQuery(runId));
  const reread = () => void client.invalidateQueries({ queryKey });
  const open = (query.data ?? []).filter((job) => !isFinal(job.status)).map((job) => job.id);
  useStream(open.slice(0, MOST_STREAMED), {
    run: (run) => {
      const before = client.getQueryData<JobSummary[]>(queryKey)?.find((job) => job.id === run.id);
      client.setQueryData<JobSummary[]>(queryKey, (old) => old?.map((job) => (job.id === run.id ? patched(job, run) : job)));
      if (before?.status === run.status) return;
      // results and files are not in the stream
      void client.invalidateQueries({ queryKey: jobQuery(run.id).queryKey });
      reread();
    },
    // what happened before the stream was connected is in the list
    ready: reread,
  });
  return query;
}

/** A job as the stream tells it: it is a run of its kind. */
export function patched(job: JobSummary, run: RunSummary): JobSummary {
  const { status, status_reason, phase, phase_message, waits_for, worker, started_at, finished_at } = run;
  return { ...job, status, status_reason, phase, phase_message, waits_for, worker, started_at, finished_at };
}

/** Asks for a job. Invalid fields are for the form to show: `mutation.error`. */
export function useCreateJob(runId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ checkpointId, body, key }: { checkpointId: string; body: JobCreate; key: string }) =>
      unwrap(
        api.POST("/api/v1/checkpoints/{checkpoint_id}/jobs", {
          params: { path: { checkpoint_id: checkpointId }, header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    onSuccess: () => void client.invalidateQueries({ queryKey: jobsQuery(runId).queryKey }),
  });
}

/** Ends a job, queues it again, or takes one that has ended out of the list. */
export function useJobActions(job: JobSummary) {
  const client = useQueryClient();
  const reread = () => void client.invalidateQueries({ queryKey: jobsQuery(job.run_id).queryKey });
  const path = { path: { run_id: job.id } };
  const stop = useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/runs/{run_id}/stop", { params: path, body: { reason: "" } })),
    onSuccess: reread,
    onError: (error) => toast.error(`Not stopped: ${errorMessage(error)}`),
  });
  const retry = useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/runs/{run_id}/retry", { params: path })),
    onSuccess: reread,
    onError: (error) => toast.error(`Not queued again: ${errorMessage(error)}`),
  });
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/runs/{run_id}", { params: path })),
    onSuccess: reread,
    onError: (error) => toast.error(`Not removed: ${errorMessage(error)}`),
  });
  return { stop, retry, remove };
}
