import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type SyntheticEvent, useId, useState } from "react";

import { api, unwrap } from "@/api/client";
import { ApiError, errorMessage } from "@/api/errors";
import { keys } from "@/api/queries";
import type { Checkpoint, Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input, Textarea } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { formatInteger } from "@/lib/format";
import { randomKey } from "@/lib/randomKey";

import { parseChanges } from "./spec";

interface Props {
  run: Run;
  checkpoint: Checkpoint;
  onClose: () => void;
}

/** A new run that begins with a checkpoint's weights, with changes if wanted. */
export function TrainOnDialog({ run, checkpoint, onClose }: Props) {
  const id = useId();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(`${run.name} from step ${checkpoint.step}`.slice(0, 200));
  const [text, setText] = useState("");
  const [key, setKey] = useState(() => randomKey());
  const changes = parseChanges(text);
  const create = useMutation({
    mutationFn: (overrides: Record<string, unknown>) =>
      unwrap(
        api.POST("/api/v1/checkpoints/{checkpoint_id}/runs", {
          params: { path: { checkpoint_id: checkpoint.id }, header: { "Idempotency-Key": key } },
          body: { name: name.trim() || null, overrides, priority: null },
        }),
      ),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: keys.runs });
      onClose();
      void navigate({ to: "/runs/$runId", params: { runId: made.id } });
    },
    // what is asked for next is something else
    onError: () => setKey(randomKey()),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (typeof changes !== "string") create.mutate(changes);
  };
  const fields = create.error instanceof ApiError ? create.error.fields : [];
  const told = fields.map(({ path, message, remedy }) => `${path}: ${message}. ${remedy}`).join("\n");
  const wrong = typeof changes === "string" ? changes : told || (create.error ? errorMessage(create.error) : "");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Resume from step ${formatInteger(checkpoint.step)}`}
      description="A new run begins with these weights and a fresh optimiser, at step 0. To go on with this run itself, use Resume or Try again above."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form={id} disabled={typeof changes === "string" || create.isPending}>
            Launch
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} className="flex flex-col gap-3">
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-name`}>Name</Label>
          <Input id={`${id}-name`} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-changes`}>Changes to the configuration, one a line</Label>
          <Textarea
            id={`${id}-changes`}
            rows={4}
            className="font-mono text-xs"
            placeholder={"optimizer.learning_rate = 1e-5\nmax_steps = 50"}
            aria-invalid={wrong !== ""}
            aria-describedby={`${id}-wrong`}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <p id={`${id}-wrong`} role="alert" className="break-words whitespace-pre-wrap text-danger empty:hidden">
          {wrong}
        </p>
      </form>
    </Dialog>
  );
}
