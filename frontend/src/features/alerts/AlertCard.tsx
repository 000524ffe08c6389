import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, CircleCheck, TriangleAlert } from "lucide-react";

import { useEffect, useRef } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { keys, runAlerts } from "@/api/queries";
import type { Alert } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { TimeAgo } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";

/** One alert: what is the matter, since when, what to try. One that a link is about is brought into view. */
export function AlertCard({ alert, asked = false }: { alert: Alert; asked?: boolean }) {
  const client = useQueryClient();
  const acknowledge = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST("/api/v1/runs/{run_id}/alerts/{key}/acknowledge", {
          params: { path: { run_id: alert.run_id, key: alert.rule } },
        }),
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: runAlerts(alert.run_id).queryKey });
      void client.invalidateQueries({ queryKey: keys.run(alert.run_id), exact: true });
      void client.invalidateQueries({ queryKey: keys.runs });
    },
    onError: (error) => toast.error(`Not acknowledged: ${errorMessage(error)}`),
  });
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (asked) element.current?.scrollIntoView({ block: "center" });
  }, [asked]);
  const open = alert.active && !alert.acknowledged_at;
  const Icon = alert.active ? TriangleAlert : CircleCheck;
  return (
    <article
      ref={element}
      aria-label={alert.name}
      className={cn(
        "flex min-h-15 items-start gap-2.5 rounded-lg border px-3 py-2",
        open ? "border-warning/40 bg-warning-soft" : "border-line bg-surface",
        asked && "outline-2 outline-accent",
      )}
    >
      <Icon aria-hidden="true" className={cn("mt-0.5 size-4 shrink-0", alert.active ? "text-warning" : "text-success")} />
      <div className="flex min-w-0 flex-1 flex-col gap-x-4 gap-y-1.5 sm:flex-row sm:items-start">
        <div className="min-w-0 flex-1">
          <p className="break-words">
            <span className="font-semibold">{alert.name}.</span> {alert.sentence}
          </p>
          <div className={cn("flex flex-wrap items-start gap-x-3 gap-y-1 text-xs", open ? "text-text/80" : "text-muted")}>
            <TimeAgo time={alert.last_at} />
            {!alert.active && <span>over at step {alert.last_step}</span>}
            {alert.occurrences > 1 && <span>{alert.occurrences} times</span>}
            {alert.acknowledged_by && <span>acknowledged by {alert.acknowledged_by}</span>}
            {alert.paused && <Badge tone="outline">paused the run</Badge>}
            {alert.advice && (
              <details className="basis-full sm:open:basis-full sm:not-open:basis-auto">
                <summary className="w-fit rounded-sm underline-offset-4 hover:underline">What to try</summary>
                <p className="max-w-[90ch] pt-0.5 text-sm break-words">{alert.advice}</p>
              </details>
            )}
          </div>
        </div>
        {open && (
          <Button size="sm" className="self-start" disabled={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
            <Check aria-hidden="true" /> Acknowledge
          </Button>
        )}
      </div>
    </article>
  );
}
