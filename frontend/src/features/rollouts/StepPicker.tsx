import { ChevronLeft, ChevronRight } from "lucide-react";
import { useId } from "react";

import type { RolloutStep } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Switch } from "@/components/ui/switch";
import { Label } from "@/components/ui/label";
import { formatInteger, formatNumber } from "@/lib/format";

interface Props {
  steps: readonly RolloutStep[];
  /** Position of the step that is shown. */
  at: number;
  onStep: (step: number) => void;
  /** Null when there will be no newer ones. */
  follow: boolean | null;
  onFollow: (follow: boolean) => void;
}

/** Chooses among the steps that have rollouts; the line shows their mean reward. */
export function StepPicker({ steps, at, onStep, follow, onFollow }: Props) {
  const id = useId();
  const current = steps[at];
  const go = (index: number) => {
    const step = steps[index];
    if (step) onStep(step.step);
  };
  if (!current) return null;
  const words = `step ${current.step}, mean reward ${formatNumber(current.reward_mean, 3)}`;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="flex items-center gap-1">
        <Button size="icon" variant="ghost" aria-label="Earlier rollouts" disabled={at === 0} onClick={() => go(at - 1)}>
          <ChevronLeft aria-hidden="true" />
        </Button>
        <span className="w-24 text-center font-semibold tabular">Step {formatInteger(current.step)}</span>
        <Button size="icon" variant="ghost" aria-label="Later rollouts" disabled={at === steps.length - 1} onClick={() => go(at + 1)}>
          <ChevronRight aria-hidden="true" />
        </Button>
      </div>
      <div className="min-w-0 flex-1 basis-56">
        <RewardLine steps={steps} at={at} />
        <input
          type="range"
          aria-label="Step of the rollouts"
          aria-valuetext={words}
          min={0}
          max={Math.max(0, steps.length - 1)}
          step={1}
          value={at}
          disabled={steps.length < 2}
          onChange={(event) => go(Number(event.target.value))}
          className="block w-full accent-(--accent)"
        />
      </div>
      <p className="text-xs text-muted tabular">
        reward <span className="font-medium text-text">{formatNumber(current.reward_mean, 3)}</span> · {current.groups}{" "}
        {current.groups === 1 ? "group" : "groups"}, {current.with_signal} with signal · {current.completions} completions
      </p>
      {follow !== null && (
        <div className="flex items-center gap-2">
          <Switch id={`${id}-follow`} checked={follow} onCheckedChange={onFollow} />
          <Label htmlFor={`${id}-follow`}>Follow newest</Label>
        </div>
      )}
    </div>
  );
}

const HEIGHT = 22;

/** Mean reward over the steps that were sampled, with a mark at the one that is shown. */
function RewardLine({ steps, at }: { steps: readonly RolloutStep[]; at: number }) {
  const rewards = steps.map((step) => step.reward_mean ?? Number.NaN);
  const finite = rewards.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const span = Math.max(...finite, low + 1e-9) - low;
  const width = Math.max(1, steps.length - 1);
  const y = (value: number) => HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
  const path = rewards.flatMap((reward, index) => (Number.isFinite(reward) ? [`${index} ${y(reward).toFixed(1)}`] : [])).join("L");
  return (
    // the thumb of the slider below is inset by half its width
    <svg aria-hidden="true" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" className="block w-full px-2" style={{ height: HEIGHT }}>
      {path && <path d={`M${path}`} fill="none" strokeWidth="1.5" vectorEffect="non-scaling-stroke" style={{ stroke: "var(--accent)" }} />}
      <line x1={at} x2={at} y1="0" y2={HEIGHT} strokeWidth="1" vectorEffect="non-scaling-stroke" style={{ stroke: "var(--line-strong)" }} />
    </svg>
  );
}
