import { useId, useState } from "react";

import type { RunSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";

import { useUpdateRun } from "./runMutations";

interface Props {
  run: RunSummary;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

const MOST = 100;

/** Changes a run's place in the queue. */
export function PriorityDialog({ run, open, onOpenChange }: Props) {
  const update = useUpdateRun();
  const id = useId();
  const [text, setText] = useState(String(run.priority));
  const wrong = !/^-?\d{1,3}$/.test(text.trim()) || Math.abs(Number(text)) > MOST;
  const confirm = () => {
    if (wrong) return;
    update.mutate({ run, changes: { priority: Number(text) } });
    onOpenChange(false);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Priority of ${run.name}`}
      description="Of the runs that wait, the highest priority starts first, then the oldest. A run that has started is not interrupted."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" onClick={confirm} disabled={wrong}>
            Save priority
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-1">
        <Label htmlFor={id}>Priority, from -{MOST} to {MOST}</Label>
        <Input
          id={id}
          inputMode="numeric"
          className="w-32"
          value={text}
          aria-invalid={wrong}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && confirm()}
        />
      </div>
    </Dialog>
  );
}
