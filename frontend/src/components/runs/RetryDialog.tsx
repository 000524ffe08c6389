import { useState } from "react";

import type { RunSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Label } from "@/components/ui/label";
import { Switch } from "@/components/ui/switch";

import { useRetryRun } from "./runMutations";

interface Props {
  run: RunSummary;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Queues a run that has ended again: from its newest checkpoint, or from the start when that is asked for. */
export function RetryDialog({ run, open, onOpenChange }: Props) {
  const retry = useRetryRun();
  const [fromStart, setFromStart] = useState(false);
  const confirm = () => {
    retry.mutate({ run, fromStart });
    onOpenChange(false);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Try ${run.name} again?`}
      description="The run joins the queue once more and goes on from its newest checkpoint; without one it begins anew."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" onClick={confirm}>
            Try again
          </Button>
        </>
      }
    >
      <div className="flex items-start gap-3">
        <Switch id="retry-from-start" checked={fromStart} onCheckedChange={setFromStart} />
        <div className="flex flex-col gap-0.5">
          <Label htmlFor="retry-from-start">Begin anew</Label>
          <p className="text-muted">What it has reported so far is then superseded: kept, but no longer shown.</p>
        </div>
      </div>
    </Dialog>
  );
}
