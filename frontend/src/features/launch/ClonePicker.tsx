import { Link } from "@tanstack/react-router";

import { RUN_ROW, RunLine, RunSearch } from "@/components/runs/RunSearch";
import { Dialog } from "@/components/ui/dialog";
import { TimeAgo } from "@/components/ui/time";
import { algorithmLabel, shortModel } from "@/lib/format";

import type { LaunchSearch } from "./search";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** What of the address stays. */
  keep: LaunchSearch;
}

/** Any run, to start the form from its configuration. */
export function ClonePicker({ open, onOpenChange, keep }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Clone a run" description="The form starts from its configuration; nothing is launched yet.">
      <RunSearch
        none="There are no runs yet."
        row={(run) => (
          <Link to="/launch" search={{ ...keep, from: run.id }} className={RUN_ROW} onClick={() => onOpenChange(false)}>
            <RunLine run={run}>
              {algorithmLabel(run.algorithm, run.alpha)} · {shortModel(run.model)} · seed {run.seed} · <TimeAgo time={run.created_at} />
            </RunLine>
          </Link>
        )}
      />
    </Dialog>
  );
}
