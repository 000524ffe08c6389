import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronsUp, Columns3, CopyPlus, Download, EllipsisVertical, Pause, Play, RotateCcw, RotateCw, Square, Trash2 } from "lucide-react";
import { useState } from "react";

import type { Run, RunAction } from "@/api/types";
import { CloneDialog } from "@/components/runs/CloneDialog";
import { DeleteDialog } from "@/components/runs/DeleteDialog";
import { PriorityDialog } from "@/components/runs/PriorityDialog";
import { RetryDialog } from "@/components/runs/RetryDialog";
import { StopDialog } from "@/components/runs/StopDialog";
import { usePauseRun, useRestoreRun, useResumeRun } from "@/components/runs/runMutations";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toast";
import { type Action, useActions } from "@/lib/actions";

/** The buttons of the run page: those that the run's state allows. */
export function Actions({ run }: { run: Run }) {
  const pause = usePauseRun();
  const resume = useResumeRun();
  const restore = useRestoreRun();
  const navigate = useNavigate();
  const [open, setOpen] = useState<RunAction | "priority" | null>(null);
  const can = (action: RunAction) => run.actions.includes(action);
  const dialog = (action: RunAction | "priority") => ({
    open: open === action,
    onOpenChange: (isOpen: boolean) => setOpen(isOpen ? action : null),
  });
  const offered: (Omit<Action, "group"> & { when?: boolean })[] = [
    { id: "pause", label: "Pause this run", when: can("pause"), run: () => pause.mutate(run) },
    { id: "resume", label: "Resume this run", when: can("resume"), run: () => resume.mutate(run) },
    { id: "retry", label: "Try this run again", when: can("retry"), run: () => setOpen("retry") },
    { id: "stop", label: "Stop this run", when: can("stop"), run: () => setOpen("stop") },
    { id: "clone", label: "Clone this run", when: can("clone"), run: () => setOpen("clone") },
    {
      id: "compare",
      label: "Compare this run with others",
      when: run.kind === "train",
      run: () => void navigate({ to: "/compare", search: { runs: run.id } }),
    },
    { id: "copy-id", label: "Copy the id of this run", words: run.id, run: () => void copyId(run.id) },
    { id: "priority", label: "Change the priority of this run", run: () => setOpen("priority") },
    { id: "delete", label: "Delete this run", when: can("delete"), run: () => setOpen("delete") },
  ];
  useActions(offered.filter(({ when }) => when !== false).map((action) => ({ ...action, group: "This run" })));
  const exported = (format: string) => `/api/v1/runs/${run.id}/export?format=${format}`;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {can("resume") && (
        <Button variant="primary" onClick={() => resume.mutate(run)} disabled={resume.isPending}>
          <Play aria-hidden="true" /> Resume
        </Button>
      )}
      {can("retry") && (
        <Button onClick={() => setOpen("retry")}>
          <RotateCw aria-hidden="true" /> Try again
        </Button>
      )}
      {can("pause") && (
        <Button onClick={() => pause.mutate(run)} disabled={pause.isPending} title="Save a checkpoint and free the device">
          <Pause aria-hidden="true" /> Pause
        </Button>
      )}
      {can("stop") && (
        <Button onClick={() => setOpen("stop")}>
          <Square aria-hidden="true" className="text-danger" /> Stop
        </Button>
      )}
      {can("restore") && (
        <Button variant="primary" onClick={() => restore.mutate(run)} disabled={restore.isPending}>
          <RotateCcw aria-hidden="true" /> Restore
        </Button>
      )}
      {can("clone") && (
        <Button onClick={() => setOpen("clone")}>
          <CopyPlus aria-hidden="true" /> Clone
        </Button>
      )}
      {can("delete") && (
        <Button onClick={() => setOpen("delete")}>
          <Trash2 aria-hidden="true" /> Delete
        </Button>
      )}
      <DropdownMenu
        trigger={
          <Button variant="ghost" size="icon" aria-label="More actions">
            <EllipsisVertical aria-hidden="true" />
          </Button>
        }
      >
        {run.kind === "train" && (
          <>
            <MenuItem asChild>
              <Link to="/compare" search={{ runs: run.id }}>
                <Columns3 aria-hidden="true" /> Compare with others
              </Link>
            </MenuItem>
            <MenuSeparator />
          </>
        )}
        <MenuItem onSelect={() => setOpen("priority")}>
          <ChevronsUp aria-hidden="true" /> Priority {run.priority}…
        </MenuItem>
        <MenuSeparator />
        <MenuItem asChild>
          <a href={exported("json")} download>
            <Download aria-hidden="true" /> Export as JSON
          </a>
        </MenuItem>
        <MenuItem asChild>
          <a href={exported("csv")} download>
            <Download aria-hidden="true" /> Export metrics as CSV
          </a>
        </MenuItem>
      </DropdownMenu>
      <StopDialog runs={[run]} {...dialog("stop")} />
      <DeleteDialog runs={[run]} {...dialog("delete")} onDone={() => void navigate({ to: "/" })} />
      {open === "retry" && <RetryDialog run={run} {...dialog("retry")} />}
      {open === "priority" && <PriorityDialog run={run} {...dialog("priority")} />}
      {open === "clone" && <CloneDialog run={run} {...dialog("clone")} />}
    </div>
  );
}

async function copyId(id: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(id);
    toast.success(`${id} is copied`);
  } catch {
    toast.error(`The browser lets nothing be copied here. The id is ${id}`);
  }
}
