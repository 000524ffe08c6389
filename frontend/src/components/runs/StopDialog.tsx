import { useState } from "react";

import type { RunSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";

import { useStopRun } from "./runMutations";

interface Props {
  runs: readonly RunSummary[];
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Asks before runs are stopped: what they have trained so far is kept. */
export function StopDialog({ runs, open, onOpenChange }: Props) {
  const stop = useStopRun();
  const [reason, setReason] = useState("");
  const what = runs.length === 1 ? (runs[0]?.name ?? "") : `${runs.length} runs`;
  const confirm = () => {
    for (const run of runs) stop.mutate({ run, reason: reason.trim() });
    onOpenChange(false);
    setReason("");
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Stop ${what}?`}
      description="The step under way is finished or given up, and a checkpoint of the last step is kept. A run that still waits in the queue just leaves it."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Keep running</Button>
          <Button variant="danger" onClick={confirm}>
            {runs.length === 1 ? "Stop run" : `Stop ${runs.length} runs`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-1">
        <Label htmlFor="stop-reason">Reason (optional, shown to the team)</Label>
        <Input
          id="stop-reason"
          value={reason}
          maxLength={1000}
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && confirm()}
        />
      </div>
    </Dialog>
  );
}
