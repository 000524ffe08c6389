import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { workers as workersQuery } from "@/api/queries";
import type { Worker } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { toast } from "@/components/ui/toast";

interface Props {
  worker: Worker;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Asks before a worker stops taking runs. */
export function DrainDialog({ worker, open, onOpenChange }: Props) {
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const [pause, setPause] = useState(false);
  const pauseId = useId();
  const drain = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/v1/workers/{worker_id}/drain", {
          params: { path: { worker_id: worker.id } },
          body: { reason: reason.trim(), runs: pause ? "pause" : "finish" },
        }),
      ),
    onSuccess: () => {
      onOpenChange(false);
      setReason("");
      return client.invalidateQueries({ queryKey: workersQuery().queryKey });
    },
    onError: (error) => toast.error(`${worker.name} was not drained: ${errorMessage(error)}`),
  });
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Drain ${worker.name}?`}
      description="It takes no more runs, also after a restart. When those it has are finished, its machine can be updated or switched off."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" disabled={drain.isPending} onClick={() => drain.mutate()}>
            Drain
          </Button>
        </>
      }
    >
      {worker.running.length > 0 && (
        <div className="mb-3 flex items-start gap-2">
          <Checkbox id={pauseId} className="mt-0.5" checked={pause} onCheckedChange={(checked) => setPause(checked === true)} />
          <label htmlFor={pauseId}>Pause its runs instead: each keeps a checkpoint and can be resumed on another worker</label>
        </div>
      )}
      <div className="flex flex-col gap-1">
        <Label htmlFor="drain-reason">Reason (optional, shown to the team)</Label>
        <Input
          id="drain-reason"
          value={reason}
          maxLength={1000}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && drain.mutate()}
        />
      </div>
    </Dialog>
  );
}
