import { Link } from "@tanstack/react-router";
import { ChevronsUp, CopyPlus, EllipsisVertical, ExternalLink, Pause, Play, RotateCcw, RotateCw, Square, Trash2 } from "lucide-react";
import { type ComponentProps, useState } from "react";

import type { RunSummary } from "@/api/types";
import { CloneDialog } from "@/components/runs/CloneDialog";
import { DeleteDialog } from "@/components/runs/DeleteDialog";
import { PriorityDialog } from "@/components/runs/PriorityDialog";
import { RetryDialog } from "@/components/runs/RetryDialog";
import { StopDialog } from "@/components/runs/StopDialog";
import { usePauseRun, useRestoreRun, useResumeRun } from "@/components/runs/runMutations";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem, MenuSeparator } from "@/components/ui/dropdown-menu";

/** What may be done to a run of the table, behind three dots. A row that scrolls by has only the dots. */
export function RunMenu({ run }: { run: RunSummary }) {
  const [asked, setAsked] = useState(false);
  return asked ? <Menu run={run} /> : <Dots run={run} onClick={() => setAsked(true)} />;
}

function Dots({ run, ...props }: { run: RunSummary } & ComponentProps<typeof Button>) {
  return (
    <Button variant="ghost" size="icon" aria-label={`Actions for ${run.name}`} aria-haspopup="menu" {...props}>
      <EllipsisVertical aria-hidden="true" />
    </Button>
  );
}

/** It comes opened. */
function Menu({ run }: { run: RunSummary }) {
  const pause = usePauseRun();
  const resume = useResumeRun();
  const restore = useRestoreRun();
  const [open, setOpen] = useState<"stop" | "delete" | "clone" | "retry" | "priority" | null>(null);
  const toggle = (dialog: typeof open) => (isOpen: boolean) => setOpen(isOpen ? dialog : null);
  const can = (action: RunSummary["actions"][number]) => run.actions.includes(action);
  return (
    <>
      <DropdownMenu defaultOpen trigger={<Dots run={run} />}>
        <MenuItem asChild>
          <Link to="/runs/$runId" params={{ runId: run.id }}>
            <ExternalLink aria-hidden="true" /> Open
          </Link>
        </MenuItem>
        {can("clone") && (
          <MenuItem onSelect={() => setOpen("clone")}>
            <CopyPlus aria-hidden="true" /> Clone…
          </MenuItem>
        )}
        {can("resume") && (
          <MenuItem onSelect={() => resume.mutate(run)}>
            <Play aria-hidden="true" /> Resume
          </MenuItem>
        )}
        {can("retry") && (
          <MenuItem onSelect={() => setOpen("retry")}>
            <RotateCw aria-hidden="true" /> Try again…
          </MenuItem>
        )}
        {can("pause") && (
          <MenuItem onSelect={() => pause.mutate(run)}>
            <Pause aria-hidden="true" /> Pause
          </MenuItem>
        )}
        {run.status === "queued" && (
          <MenuItem onSelect={() => setOpen("priority")}>
            <ChevronsUp aria-hidden="true" /> Priority {run.priority}…
          </MenuItem>
        )}
        {can("restore") && (
          <MenuItem onSelect={() => restore.mutate(run)}>
            <RotateCcw aria-hidden="true" /> Restore
          </MenuItem>
        )}
        {(can("stop") || can("delete")) && <MenuSeparator />}
        {can("stop") && (
          <MenuItem onSelect={() => setOpen("stop")}>
            <Square aria-hidden="true" /> Stop…
          </MenuItem>
        )}
        {can("delete") && (
          <MenuItem danger onSelect={() => setOpen("delete")}>
            <Trash2 aria-hidden="true" /> Delete…
          </MenuItem>
        )}
      </DropdownMenu>
      {open === "stop" && <StopDialog runs={[run]} open onOpenChange={toggle("stop")} />}
      {open === "delete" && <DeleteDialog runs={[run]} open onOpenChange={toggle("delete")} />}
      {open === "retry" && <RetryDialog run={run} open onOpenChange={toggle("retry")} />}
      {open === "priority" && <PriorityDialog run={run} open onOpenChange={toggle("priority")} />}
      {open === "clone" && <CloneDialog run={run} open onOpenChange={toggle("clone")} />}
    </>
  );
}
