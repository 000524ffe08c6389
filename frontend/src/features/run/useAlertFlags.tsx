import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useMemo } from "react";

import { runAlerts } from "@/api/queries";
import type { Flag } from "@/components/charts/PlotArea";
import { cn } from "@/lib/cn";

const NONE: readonly Flag[] = [];

/** Where rules found something on a metric of a run; the same list until one of its flags changes. */
export function useAlertFlags(runId: string, metric: string): readonly Flag[] {
  const { data = "[]" } = useQuery({
    ...runAlerts(runId),
    // what a rule says changes with each report while it holds; where its flag stands does not
    select: (alerts) =>
      JSON.stringify(
        alerts.filter((one) => one.metric === metric).map(({ rule, step, name, active }) => ({ rule, step, name, active })),
      ),
  });
  return useMemo(() => {
    if (data === "[]") return NONE;
    return (JSON.parse(data) as Found[]).map((alert) => ({
      id: alert.rule,
      step: alert.step,
      node: <AlertFlag runId={runId} alert={alert} />,
    }));
  }, [data, runId]);
}

interface Found {
  rule: string;
  step: number;
  name: string;
  active: boolean;
}

function AlertFlag({ runId, alert }: { runId: string; alert: Found }) {
  const { data: sentence = "" } = useQuery({
    ...runAlerts(runId),
    select: (alerts) => alerts.find(({ rule }) => rule === alert.rule)?.sentence ?? "",
  });
  return (
    <Link
      to="/runs/$runId"
      params={{ runId }}
      search={(old) => ({ ...old, alert: alert.rule, chart: undefined })}
      replace
      resetScroll={false}
      title={`${alert.name}. ${sentence}`}
      aria-label={`Alert ${alert.name} from step ${alert.step}`}
      className="mt-1.5 grid size-6 place-items-center rounded-sm"
    >
      <TriangleAlert
        aria-hidden="true"
        className={cn("size-4 rounded-sm bg-surface", alert.active ? "text-warning" : "text-muted")}
      />
    </Link>
  );
}
