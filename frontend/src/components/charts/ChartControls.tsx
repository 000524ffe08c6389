import { useId } from "react";

import { Label } from "@/components/ui/label";
import { Segmented } from "@/components/ui/segmented";
import { Switch } from "@/components/ui/switch";

import type { XAxis } from "./data";

/** The axes of metrics that come once a step; `wall` is that of the others. */
export type ChosenAxis = Exclude<XAxis, "wall" | "position">;

interface Props {
  xAxis: ChosenAxis;
  onXAxis: (axis: ChosenAxis) => void;
  smoothing: number;
  onSmoothing: (weight: number) => void;
  logY: boolean;
  onLogY: (log: boolean) => void;
  ignoreOutliers?: boolean;
  /** Absent where charts have no such choice. */
  onIgnoreOutliers?: (ignore: boolean) => void;
}

const AXES = [
  { value: "step", label: "Step" },
  { value: "time", label: "Time" },
  { value: "tokens", label: "Tokens" },
] as const;

/** How the charts of a page are drawn. */
export function ChartControls({ xAxis, onXAxis, smoothing, onSmoothing, logY, onLogY, ignoreOutliers = false, onIgnoreOutliers }: Props) {
  const id = useId();
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
      <Segmented label="Horizontal axis" value={xAxis} onChange={onXAxis} options={AXES} />
      <div className="flex items-center gap-2">
        <Label htmlFor={`${id}-smooth`}>Smoothing</Label>
        <input
          id={`${id}-smooth`}
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={smoothing}
          onChange={(event) => onSmoothing(Number(event.target.value))}
          className="w-28 accent-(--accent)"
        />
        <output htmlFor={`${id}-smooth`} className="w-8 text-xs tabular">
          {smoothing === 0 ? "off" : smoothing.toFixed(2)}
        </output>
      </div>
      <div className="flex items-center gap-2">
        <Switch id={`${id}-log`} checked={logY} onCheckedChange={onLogY} />
        <Label htmlFor={`${id}-log`}>Log axis</Label>
      </div>
      {onIgnoreOutliers && (
        <div className="flex items-center gap-2">
          <Switch id={`${id}-fence`} checked={ignoreOutliers} onCheckedChange={onIgnoreOutliers} />
          <Label htmlFor={`${id}-fence`} title="Values further from the middle half than three times its width do not decide the scale">
            Ignore outliers
          </Label>
        </div>
      )}
    </div>
  );
}
