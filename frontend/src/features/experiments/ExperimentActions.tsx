import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CirclePause, CirclePlay, CircleStop, RotateCw, Trash2, Undo2, type LucideIcon } from "lucide-react";
import { useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { keys } from "@/api/queries";
import type { Experiment, ExperimentAnswer } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";

type Action = Experiment["actions"][number];

const LOOKS: Record<Action, { label: string; done: string; icon: LucideIcon }> = {
  pause: { label: "Pause all", done: "paused", icon: CirclePause },
  resume: { label: "Resume", done: "resumed", icon: CirclePlay },
  retry: { label: "Retry", done: "tried again", icon: RotateCw },
  stop: { label: "Stop all", done: "stopped", icon: CircleStop },
  delete: { label: "Delete", done: "deleted", icon: Trash2 },
  restore: { label: "Restore", done: "restored", icon: Undo2 },
};

/** What may be done with all runs at once; what cannot be undone asks first. */
export function ExperimentActions({ experiment }: { experiment: Experiment }) {
  const { id, name } = experiment.summary;
  const client = useQueryClient();
  const [asking, setAsking] = useState<Action | null>(null);
  const act = useMutation({
    mutationFn: (action: Action) => send(id, action),
    onSuccess: (answer, action) => {
      void client.invalidateQueries({ queryKey: keys.experiments });
      void client.invalidateQueries({ queryKey: keys.runs });
      const kept = answer.runs.find((run) => !run.done);
      const runs = answer.done === 1 ? "1 run" : `${answer.done} runs`;
      if (kept) toast.error(`${runs} ${LOOKS[action].done}, ${answer.runs.length - answer.done} not: ${kept.problem}`);
      else toast.success(answer.runs.length === 0 ? "Nothing was to be done." : `${runs} ${LOOKS[action].done}`);
    },
    onError: (error) => toast.error(errorMessage(error)),
  });
  const start = (action: Action) => {
    if (action === "stop" || action === "delete") setAsking(action);
    else act.mutate(action);
  };
  const confirm = () => {
    if (asking) act.mutate(asking);
    setAsking(null);
  };
  return (
    <div className="flex flex-wrap gap-2">
      {experiment.actions.map((action) => {
        const { label, icon: Icon } = LOOKS[action];
        return (
          <Button key={action} disabled={act.isPending} onClick={() => start(action)}>
            <Icon aria-hidden="true" /> {label}
          </Button>
        );
      })}
      <Dialog
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={asking === "delete" ? `Delete ${name}?` : `Stop all runs of ${name}?`}
        description={
          asking === "delete"
            ? "The experiment and its runs go into the bin, from where they can be restored. Runs that a worker has now must be stopped first."
            : "Each run keeps a checkpoint of its last step. Runs that still wait in the queue just leave it."
        }
        footer={
          <>
            <Button onClick={() => setAsking(null)}>Cancel</Button>
            <Button variant="danger" onClick={confirm}>
              {asking === "delete" ? "Delete" : "Stop all runs"}
            </Button>
          </>
        }
      />
    </div>
  );
}

function send(id: string, action: Action): Promise<ExperimentAnswer> {
  const params = { path: { experiment_id: id } };
  switch (action) {
    case "stop":
      return unwrap(api.POST("/api/v1/experiments/{experiment_id}/stop", { params }));
    case "pause":
      return unwrap(api.POST("/api/v1/experiments/{experiment_id}/pause", { params }));
    case "resume":
      return unwrap(api.POST("/api/v1/experiments/{experiment_id}/resume", { params }));
    case "retry":
      return unwrap(api.POST("/api/v1/experiments/{experiment_id}/retry", { params }));
    case "restore":
      return unwrap(api.POST("/api/v1/experiments/{experiment_id}/restore", { params }));
    case "delete":
      return unwrap(api.DELETE("/api/v1/experiments/{experiment_id}", { params }));
  }
}
