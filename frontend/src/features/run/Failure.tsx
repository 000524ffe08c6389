import { CircleX, Unplug } from "lucide-react";

import type { Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Code } from "@/components/ui/code";

/** Why a run failed or was lost, where nobody overlooks it. */
export function Failure({ run, onLogs }: { run: Run; onLogs: () => void }) {
  if (run.status !== "failed" && run.status !== "lost") return null;
  const failed = run.status === "failed";
  const cause = run.attempts.at(-1)?.error_type;
  const Icon = failed ? CircleX : Unplug;
  return (
    <section
      aria-label={failed ? "Why the run failed" : "The run is lost"}
      className={`flex flex-wrap items-start gap-3 rounded-lg border p-4 ${failed ? "border-danger/40 bg-danger-soft" : "border-warning/40 bg-warning-soft"}`}
    >
      <Icon aria-hidden="true" className={`mt-0.5 size-5 shrink-0 ${failed ? "text-danger" : "text-warning"}`} />
      <div className="min-w-0 flex-1 basis-64">
        <h2 className="font-semibold">{failed ? "This run failed" : "The worker of this run does not answer"}</h2>
        <p className="mt-0.5 break-words whitespace-pre-wrap">{run.status_reason || "No reason was reported."}</p>
        {cause && (
          <p className="mt-1 text-xs text-muted">
            Cause <Code>{cause}</Code>
          </p>
        )}
      </div>
      <Button onClick={onLogs}>Show the log</Button>
    </section>
  );
}
