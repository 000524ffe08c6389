import type { StreamState } from "@/api/stream";
import { cn } from "@/lib/cn";

const WORDS: Record<StreamState, string> = {
  live: "Live",
  connecting: "Connecting",
  paused: "Paused",
  offline: "Reconnecting",
};

/** Whether what is shown follows the server. */
export function LiveMark({ state }: { state: StreamState }) {
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-xs text-muted">
      <span
        aria-hidden="true"
        className={cn(
          "size-2 rounded-full",
          state === "live" ? "bg-success" : state === "offline" ? "bg-danger" : "bg-line-strong",
        )}
      />
      {WORDS[state]}
    </span>
  );
}
