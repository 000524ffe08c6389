import type { RunSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";

import { useDeleteRun } from "./runMutations";

interface Props {
  runs: readonly RunSummary[];
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onDone?: () => void;
}

export function DeleteDialog({ runs, open, onOpenChange, onDone }: Props) {
  const remove = useDeleteRun();
  const what = runs.length === 1 ? (runs[0]?.name ?? "") : `${runs.length} runs`;
  const confirm = () => {
    for (const run of runs) remove.mutate(run);
    onOpenChange(false);
    onDone?.();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${what}?`}
      description="It leaves the lists. Metrics, logs and checkpoints stay, and it can be restored from the deleted runs."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="danger" onClick={confirm}>
            {runs.length === 1 ? "Delete run" : `Delete ${runs.length} runs`}
          </Button>
        </>
      }
    />
  );
}
