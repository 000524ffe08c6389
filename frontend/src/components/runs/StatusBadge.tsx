import {
  CircleCheck,
  CircleDashed,
  CirclePause,
  CirclePlay,
  CircleStop,
  CircleX,
  Hourglass,
  type LucideIcon,
  Unplug,
} from "lucide-react";

import type { RunStatus } from "@/api/types";
import { Badge, type Tone } from "@/components/ui/badge";

interface Looks {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  moving?: boolean;
}

/** How each state looks: colour, icon and word, so that no one of them is needed to tell them apart. */
export const STATUS: Record<RunStatus, Looks> = {
  queued: { label: "Queued", tone: "neutral", icon: Hourglass },
  starting: { label: "Starting", tone: "accent", icon: CircleDashed, moving: true },
  running: { label: "Running", tone: "accent", icon: CirclePlay },
  pausing: { label: "Pausing", tone: "warning", icon: CircleDashed, moving: true },
  paused: { label: "Paused", tone: "warning", icon: CirclePause },
  stopping: { label: "Stopping", tone: "warning", icon: CircleDashed, moving: true },
  stopped: { label: "Stopped", tone: "neutral", icon: CircleStop },
  completed: { label: "Completed", tone: "success", icon: CircleCheck },
  failed: { label: "Failed", tone: "danger", icon: CircleX },
  lost: { label: "Lost", tone: "warning", icon: Unplug },
};

const ACTIVE: readonly RunStatus[] = ["starting", "running", "pausing", "stopping"];
const FINAL: readonly RunStatus[] = ["stopped", "completed", "failed"];

/** Whether a worker has it now. */
export function isActive(status: RunStatus): boolean {
  return ACTIVE.includes(status);
}

/** Whether it stays as it is unless somebody queues it again. */
export function isFinal(status: RunStatus): boolean {
  return FINAL.includes(status);
}

interface Props {
  status: RunStatus;
  /** In a history nothing turns. */
  still?: boolean;
  className?: string;
}

export function StatusBadge({ status, still = false, className }: Props) {
  const { label, tone, icon: Icon, moving } = STATUS[status];
  return (
    <Badge tone={tone} className={className}>
      <Icon aria-hidden="true" className={moving && !still ? "animate-spin [animation-duration:2s]" : ""} />
      {label}
    </Badge>
  );
}
