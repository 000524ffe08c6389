import { Link } from "@tanstack/react-router";
import { Eye, EyeOff, X } from "lucide-react";

import type { Comparison } from "@/api/types";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { algorithmLabel, shortModel } from "@/lib/format";

import { type Line, seedsText } from "./lines";
import { Swatch } from "./Swatch";

interface Props {
  lines: readonly Line[];
  comparison: Comparison;
  onHide: (id: string, hidden: boolean) => void;
  onRemove: ((runIds: readonly string[]) => void) | undefined;
}

/** The legend of the page: which line is which run or group; each can be hidden or taken out. */
export function LineChips({ lines, comparison, onHide, onRemove }: Props) {
  const runs = new Map(comparison.runs.map((run) => [run.run_id, run]));
  return (
    <ul
      aria-label="Runs compared"
      // many runs scroll here, so that charts and numbers stay in reach
      tabIndex={lines.length > 12 ? 0 : undefined}
      className="grid max-h-72 gap-2 overflow-y-auto sm:grid-cols-2 xl:grid-cols-3 min-[2200px]:grid-cols-5"
    >
      {lines.map(({ id, label, runIds, color, dash, hidden, baseline }) => {
        const run = runs.get(id);
        const several = runIds.length > 1;
        const seeds = runIds.flatMap((one) => runs.get(one)?.seed ?? []);
        return (
          <li key={id} className="flex min-w-0 items-center gap-2 rounded-lg border border-line bg-surface py-1.5 pr-1 pl-3">
            <Swatch color={color} dash={dash} faded={hidden} />
            <span className="min-w-0 flex-1">
              <span className={cn("flex min-w-0 items-center gap-2 font-medium", hidden && "text-muted line-through")}>
                {several ? (
                  <span className="truncate" title={label}>
                    {label}
                  </span>
                ) : (
                  <Link to="/runs/$runId" params={{ runId: id }} title={label} className="truncate hover:underline">
                    {label}
                  </Link>
                )}
                {baseline && lines.length > 1 && <Badge tone="neutral">baseline</Badge>}
              </span>
              <span className="block truncate text-xs text-muted">
                {several ? `${runIds.length} runs · ${seedsText(seeds)}` : run && `${algorithmLabel(run.algorithm, run.alpha)} · ${shortModel(run.model)} · seed ${run.seed}`}
              </span>
            </span>
            {run && !several && <StatusBadge status={run.status} className="max-sm:hidden" />}
            <Button
              variant="ghost"
              size="icon"
              aria-pressed={hidden}
              aria-label={`Hide the lines of ${label}`}
              title={hidden ? "Show its lines" : "Hide its lines"}
              onClick={() => onHide(id, !hidden)}
            >
              {hidden ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
            </Button>
            {onRemove && (
              <Button variant="ghost" size="icon" aria-label={`Take ${label} out`} title="Take it out of the comparison" onClick={() => onRemove(runIds)}>
                <X aria-hidden="true" />
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
