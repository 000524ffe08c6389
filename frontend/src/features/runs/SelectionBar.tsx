import { useNavigate } from "@tanstack/react-router";
import { Columns3, Pause, Play, Square, Trash2, X } from "lucide-react";
import { useState } from "react";

import type { RunSummary } from "@/api/types";
import { DeleteDialog } from "@/components/runs/DeleteDialog";
import { StopDialog } from "@/components/runs/StopDialog";
import { useRunMutations } from "@/components/runs/useRunMutations";
import { Button } from "@/components/ui/button";

interface Props {
  runs: readonly RunSummary[];
  onClear: () => void;
}

/** What may be done to the chosen runs; floats at the bottom, so that choosing moves nothing. */
export function SelectionBar({ runs, onClear }: Props) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<"stop" | "delete" | null>(null);
  const { pause, resume } = useRunMutations();
  const pausable = runs.filter((run) => run.actions.includes("pause"));
  const resumable = runs.filter((run) => run.actions.includes("resume"));
  const stoppable = runs.filter((run) => run.actions.includes("stop"));
  const deletable = runs.filter((run) => run.actions.includes("delete"));
  const compare = () => void navigate({ to: "/compare", search: { runs: runs.map((run) => run.id).join(",") } });
  return (
    <>
      {runs.length > 0 && (
        <div
          role="toolbar"
          aria-label="Selected runs"
          className="fixed bottom-18 left-1/2 z-30 flex w-max max-w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-wrap items-center justify-center gap-1.5 rounded-xl border border-line bg-surface p-2 shadow-pop sm:bottom-5"
        >
          <span role="status" className="px-2 font-medium tabular">
            {runs.length} selected
          </span>
          <Button variant="primary" onClick={compare} disabled={runs.length < 2} title={runs.length < 2 ? "Select at least two runs" : undefined}>
            <Columns3 aria-hidden="true" /> Compare
          </Button>
          {pausable.length > 0 && (
            <Button onClick={() => pausable.forEach((run) => pause.mutate(run))}>
              <Pause aria-hidden="true" /> Pause
            </Button>
          )}
          {resumable.length > 0 && (
            <Button onClick={() => resumable.forEach((run) => resume.mutate(run))}>
              <Play aria-hidden="true" /> Resume
            </Button>
          )}
          <Button onClick={() => setOpen("stop")} disabled={stoppable.length === 0}>
            <Square aria-hidden="true" /> Stop
          </Button>
          <Button onClick={() => setOpen("delete")} disabled={deletable.length === 0}>
            <Trash2 aria-hidden="true" /> Delete
          </Button>
          <Button variant="ghost" size="icon" aria-label="Clear the selection" onClick={onClear}>
            <X aria-hidden="true" />
          </Button>
        </div>
      )}
      <StopDialog runs={stoppable} open={open === "stop"} onOpenChange={(isOpen) => setOpen(isOpen ? "stop" : null)} />
      <DeleteDialog
        runs={deletable}
        open={open === "delete"}
        onOpenChange={(isOpen) => setOpen(isOpen ? "delete" : null)}
        onDone={onClear}
      />
    </>
  );
}
