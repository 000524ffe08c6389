import type { PromptAppearance } from "@/api/types";
import { formatNumber } from "@/lib/format";

interface Props {
  appearances: readonly PromptAppearance[];
  /** Those whose groups are shown below. */
  opened: readonly PromptAppearance[];
  at: number | undefined;
  onStep: (step: number) => void;
}

/** A prompt's mean reward over the steps at which it was sampled; a dot is a group, filled where it is shown below. */
export function PromptLine({ appearances, opened, at, onStep }: Props) {
  const rewards = appearances.map(({ reward_mean }) => reward_mean ?? Number.NaN);
  const finite = rewards.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(low + 1e-9, ...finite);
  const from = appearances[0]?.step ?? 0;
  const span = Math.max(1, (appearances.at(-1)?.step ?? 0) - from);
  const x = (step: number) => (appearances.length === 1 ? 50 : (100 * (step - from)) / span);
  const y = (reward: number) => 100 * (1 - (reward - low) / (high - low));
  const points = appearances.filter(({ reward_mean }) => reward_mean !== null && Number.isFinite(reward_mean));
  const path = points.map(({ step, reward_mean }) => `${x(step)} ${y(reward_mean ?? 0)}`).join("L");
  const shown = new Set(opened.map(({ step }) => step));
  return (
    <figure className="rounded-lg border border-line bg-surface p-3">
      <figcaption className="mb-3 text-xs text-muted">Mean reward of its group over steps; choose a dot to open that step.</figcaption>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4">
        <div aria-hidden="true" className="flex flex-col justify-between text-right text-xs text-muted tabular">
          <span>{formatNumber(high, 3)}</span>
          <span>{formatNumber(low, 3)}</span>
        </div>
        <div className="relative mx-2 h-20">
          <svg aria-hidden="true" viewBox="0 0 100 100" preserveAspectRatio="none" className="absolute inset-0 size-full overflow-visible">
            {path && <path d={`M${path}`} fill="none" strokeWidth="1.5" vectorEffect="non-scaling-stroke" style={{ stroke: "var(--accent)" }} />}
          </svg>
          {points.map((one) => (
            <button
              key={one.step}
              type="button"
              title={`Step ${one.step}: ${formatNumber(one.reward_mean, 3)}`}
              aria-label={`Step ${one.step}, reward ${formatNumber(one.reward_mean, 3)}`}
              aria-pressed={one.step === at}
              onClick={() => {
                onStep(one.step);
                // once the group stands there
                requestAnimationFrame(() => document.getElementById(`step-${one.step}`)?.scrollIntoView({ block: "start" }));
              }}
              className={`absolute size-3 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-accent aria-pressed:outline-2 aria-pressed:outline-offset-2 aria-pressed:outline-text ${shown.has(one.step) ? "bg-accent" : "bg-surface"}`}
              style={{ left: `${x(one.step)}%`, top: `${y(one.reward_mean ?? 0)}%` }}
            />
          ))}
        </div>
        <div aria-hidden="true" className="col-start-2 mx-2 mt-2 flex justify-between text-xs text-muted tabular">
          <span>step {from}</span>
          {appearances.length > 1 && <span>{appearances.at(-1)?.step}</span>}
        </div>
      </div>
    </figure>
  );
}
