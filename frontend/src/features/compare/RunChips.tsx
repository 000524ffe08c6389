import { Link } from "@tanstack/react-router";
import { Eye, EyeOff, X } from "lucide-react";

import { StatusBadge } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { algorithmLabel } from "@/lib/format";

import { Swatch } from "./Swatch";
import type { ComparedRun } from "./useCompared";

interface Props {
  runs: readonly ComparedRun[];
  onHide: (id: string, hidden: boolean) => void;
  onRemove: (id: string) => void;
}

/** The legend of the page: which line is which run; each can be hidden or taken out. */
export function RunChips({ runs, onHide, onRemove }: Props) {
  return (
    <ul aria-label="Runs compared" className="grid gap-2 sm:grid-cols-2 xl:grid-cols-3">
      {runs.map(({ id, run, name, color, dash, hidden }) => (
        <li key={id} className="flex min-w-0 items-center gap-2 rounded-lg border border-line bg-surface py-1.5 pr-1 pl-3">
          <Swatch color={color} dash={dash} faded={hidden} />
          <span className="min-w-0 flex-1">
            <Link to="/runs/$runId" params={{ runId: id }} title={name} className={cn("block truncate font-medium hover:underline", hidden && "text-muted line-through")}>
              {name}
            </Link>
            <span className="block min-h-4 truncate text-xs text-muted">
              {run && `${algorithmLabel(run.algorithm, run.alpha)} · ${run.model} · seed ${run.seed}`}
            </span>
          </span>
          {run && <StatusBadge status={run.status} className="max-sm:hidden" />}
          <Button
            variant="ghost"
            size="icon"
            aria-pressed={hidden}
            aria-label={`Hide the lines of ${name}`}
            title={hidden ? "Show its lines" : "Hide its lines"}
            onClick={() => onHide(id, !hidden)}
          >
            {hidden ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
          </Button>
          <Button variant="ghost" size="icon" aria-label={`Take ${name} out`} title="Take it out of the comparison" onClick={() => onRemove(id)}>
            <X aria-hidden="true" />
          </Button>
        </li>
      ))}
    </ul>
  );
}
