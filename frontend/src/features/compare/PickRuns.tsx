import { useId } from "react";

import { RUN_ROW, RunLine, RunSearch } from "@/components/runs/RunSearch";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Dialog } from "@/components/ui/dialog";
import { TimeAgo } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { algorithmLabel, formatFixed } from "@/lib/format";

import { MAX_COMPARED } from "./search";

interface Props {
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
}

interface DialogProps extends Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The list of runs to tick. */
export function PickRuns({ open, onOpenChange, chosen, onChange }: DialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Runs to compare"
      description={`Tick the runs that go into the charts and the table, up to ${MAX_COMPARED}.`}
      footer={
        <Button variant="primary" onClick={() => onOpenChange(false)}>
          Done
        </Button>
      }
    >
      <RunPicker chosen={chosen} onChange={onChange} />
    </Dialog>
  );
}

/** Runs to tick. */
function RunPicker({ chosen, onChange }: Props) {
  const id = useId();
  const full = chosen.length >= MAX_COMPARED;
  return (
    <div className="flex min-h-0 flex-col gap-2">
      <RunSearch
        none="There are no runs yet: launch one first."
        row={(run) => {
          const ticked = chosen.includes(run.id);
          return (
            <label htmlFor={`${id}-${run.id}`} className={cn(RUN_ROW, "cursor-pointer")}>
              <Checkbox
                id={`${id}-${run.id}`}
                checked={ticked}
                disabled={full && !ticked}
                onCheckedChange={() => onChange(ticked ? chosen.filter((one) => one !== run.id) : [...chosen, run.id])}
              />
              <RunLine run={run}>
                {algorithmLabel(run.algorithm, run.alpha)} · seed {run.seed} · reward {formatFixed(run.last_reward)} · <TimeAgo time={run.created_at} />
              </RunLine>
            </label>
          );
        }}
      />
      <p className="text-xs text-muted tabular" aria-live="polite">
        {chosen.length} chosen{full && `, which is the most that can be compared`}
      </p>
    </div>
  );
}
