import { type ReactNode, type SyntheticEvent, useId, useState } from "react";

import type { Checkpoint, Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { randomKey } from "@/lib/randomKey";

import { type JobSpec, problemsOf } from "./spec";
import { useCreateJob } from "./useJobs";

/** What the form of each kind of job is given. */
export interface JobFormProps {
  run: Run;
  checkpoint: Checkpoint;
  onClose: () => void;
}

interface Props {
  checkpoint: Checkpoint;
  title: string;
  description: string;
  submit: string;
  /** The spec as it is now; a text says what is wrong with the form. */
  spec: () => JobSpec | string;
  onClose: () => void;
  children: (problems: Map<string, string>) => ReactNode;
}

/** A form that asks for a job on a checkpoint. */
export function JobDialog({ checkpoint, title, description, submit, spec, onClose, children }: Props) {
  const create = useCreateJob(checkpoint.run_id);
  const form = useId();
  const [wrong, setWrong] = useState<string | null>(null);
  // one key for all tries of the same form: a repeated request makes one job
  const [key, setKey] = useState(() => randomKey());
  const problems = problemsOf(create.error);
  const general = wrong ?? problems.get("");
  const ask = (event: SyntheticEvent) => {
    event.preventDefault();
    const made = spec();
    if (typeof made === "string") {
      setWrong(made);
      return;
    }
    setWrong(null);
    create.mutate(
      { checkpointId: checkpoint.id, body: { spec: made, priority: 10 }, key },
      { onSuccess: onClose, onError: () => setKey(randomKey()) },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" form={form} disabled={create.isPending}>
            {submit}
          </Button>
        </>
      }
    >
      <form id={form} noValidate className="flex flex-col gap-3" onSubmit={ask}>
        {children(problems)}
        {general && (
          <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 break-words text-danger">
            {general}
          </p>
        )}
      </form>
    </Dialog>
  );
}
