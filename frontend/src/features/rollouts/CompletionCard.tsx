import { Check, CircleHelp, Scissors, X, type LucideIcon } from "lucide-react";
import { useState } from "react";

import type { Completion } from "@/api/types";
import { Badge, type Tone } from "@/components/ui/badge";
import { formatInteger, formatNumber } from "@/lib/format";

import { type Mark, marksOf } from "./filter";
import type { Scale, Shade } from "./shading";
import { tokenValues } from "./shading";
import { TokenText } from "./TokenText";
import { WeightCurve } from "./WeightCurve";

const MARKS: Record<Mark, { label: string; tone: Tone; icon: LucideIcon }> = {
  correct: { label: "Correct", tone: "success", icon: Check },
  wrong: { label: "Wrong", tone: "danger", icon: X },
  truncated: { label: "Truncated", tone: "warning", icon: Scissors },
  unscored: { label: "Unscored", tone: "neutral", icon: CircleHelp },
};

interface Props {
  completion: Completion;
  /** Position in its group, from 0. */
  index: number;
  shade: Shade;
  scale: Scale;
}

export function CompletionCard({ completion, index, shade, scale }: Props) {
  const [active, setActive] = useState<number | null>(null);
  const scores = Object.entries(completion.rewards);
  return (
    <article className="flex min-w-0 flex-1 flex-col gap-2 rounded-md border border-line p-2.5">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h3 className="font-medium tabular">#{index + 1}</h3>
        {marksOf(completion).map((mark) => {
          const { label, tone, icon: Icon } = MARKS[mark];
          return (
            <Badge key={mark} tone={tone}>
              <Icon aria-hidden="true" /> {label}
            </Badge>
          );
        })}
        <dl className="ml-auto flex flex-wrap gap-x-3 text-xs tabular">
          <Fact label="reward" value={completion.reward === null ? "none" : formatNumber(completion.reward, 3)} strong />
          <Fact label="advantage" value={signed(completion.advantage)} strong />
          <Fact label="tokens" value={formatInteger(completion.tokens.length)} />
        </dl>
      </div>
      {scores.length > 1 && (
        <dl className="flex flex-wrap gap-x-3 text-xs tabular">
          {scores.map(([name, score]) => (
            <Fact key={name} label={name} value={score === null ? "none" : formatNumber(score, 3)} />
          ))}
        </dl>
      )}
      <TokenText
        completion={completion}
        label={`Completion ${index + 1}, token by token`}
        shade={shade}
        scale={scale}
        active={active}
        onActive={setActive}
      />
      <div className="mt-auto">
        <WeightCurve weights={tokenValues(completion, "weight")} active={active} onActive={setActive} />
      </div>
    </article>
  );
}

function Fact({ label, value, strong = false }: { label: string; value: string; strong?: boolean }) {
  return (
    <div className="flex gap-1">
      <dt className="text-muted">{label}</dt>
      <dd className={strong ? "font-semibold" : ""}>{value}</dd>
    </div>
  );
}

function signed(value: number): string {
  return value > 0 ? `+${formatNumber(value, 3)}` : formatNumber(value, 3);
}
