import { memo, type ReactNode, useMemo } from "react";

import type { SeriesStore } from "@/api/seriesStore";
import type { MetricInfo } from "@/api/types";
import type { ChosenAxis } from "@/components/charts/ChartControls";
import { SeriesChart, type XAxis } from "@/components/charts/SeriesChart";
import { useZoom } from "@/components/charts/zoom";

import { type ChartedRun, pointsUrl, useMetricSource } from "./metricSource";
import { useAlertFlags } from "./useAlertFlags";

const PLOT_HEIGHT = 184;
/** Heading and padding of a chart come on top of the plot. */
export const CHART_HEIGHT = PLOT_HEIGHT + 48;

/** How the charts of the page are drawn. */
export interface ChartLook {
  xAxis: ChosenAxis;
  smoothing: number;
  logY: boolean;
  ignoreOutliers: boolean;
}

interface Props {
  store: SeriesStore;
  run: ChartedRun;
  metric: string;
  info: MetricInfo;
  look: ChartLook;
  height?: number;
  menu?: ReactNode;
}

/** One metric of the run; points that arrive do not render it. */
export const MetricChart = memo(function MetricChart({ store, run, metric, info, look, height = PLOT_HEIGHT, menu }: Props) {
  const axis: XAxis = info.axis === "time" ? "wall" : look.xAxis;
  const syncKey = axis === "wall" ? "run-system" : "run";
  const [range] = useZoom(syncKey, axis);
  const looks = useMemo(() => [{ key: metric }], [metric]);
  const flags = useAlertFlags(run.id, metric);
  const source = useMetricSource({ store, run, looks, axis, range });
  return (
    <SeriesChart
      title={metric}
      unit={info.unit}
      help={info.description}
      series={source}
      xAxis={axis}
      logY={look.logY}
      smoothing={look.smoothing}
      ignoreOutliers={look.ignoreOutliers}
      syncKey={syncKey}
      height={height}
      about={run.name}
      menu={menu}
      flags={flags}
      pointsUrl={pointsUrl(run.id, looks)}
    />
  );
});
