import type { Completion } from "@/api/types";
import { InView } from "@/components/charts/InView";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { formatNumber } from "@/lib/format";

import { CompletionCard } from "./CompletionCard";
import type { ShownGroup } from "./filter";
import type { Scale, Shade } from "./shading";

/** Groups of more tokens than this draw only the completions in sight. */
const LAZY_FROM = 4000;

interface Props {
  shown: ShownGroup;
  shade: Shade;
  scale: Scale;
}

/** A prompt, its reference answer, and its completions side by side. */
export function GroupCard({ shown: { group, shown }, shade, scale }: Props) {
  const title = `group-${group.index}`;
  const all = group.completions.length;
  const lazy = shown.reduce((sum, index) => sum + (group.completions[index]?.tokens.length ?? 0), 0) > LAZY_FROM;
  return (
    // groups out of sight are not laid out: a step may have tens of thousands of tokens
    <Card aria-labelledby={title} className="space-y-3 p-3 [contain-intrinsic-size:auto_40rem] [content-visibility:auto] sm:p-4">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id={title} className="font-semibold">
          Group {group.index + 1}
        </h2>
        <span className="font-mono text-xs break-all text-muted" title="Stable id of the problem">
          {group.prompt_id}
        </span>
        {!group.has_signal && <Badge tone="warning">No signal: all rewards are equal</Badge>}
        <span className="ml-auto text-xs text-muted tabular">
          reward <span className="font-medium text-text">{formatNumber(group.reward_mean, 3)}</span> ± {formatNumber(group.reward_std, 3)}
          {shown.length < all && ` · ${shown.length} of ${all} shown`}
        </span>
      </header>
      <dl className="grid gap-x-6 gap-y-2 lg:grid-cols-[minmax(0,3fr)_minmax(0,1fr)]">
        <Text label="Prompt" text={group.prompt} />
        <Text label="Reference answer" text={group.answer} />
      </dl>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,22rem),1fr))] gap-3">
        {shown.map((index) => {
          const completion = group.completions[index];
          if (!completion) return null;
          const card = <CompletionCard completion={completion} index={index} shade={shade} scale={scale} />;
          return (
            <li key={index} className="flex min-w-0 flex-col">
              {lazy ? <InView height={heightOf(completion)}>{card}</InView> : card}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

/** About how high a card is, in pixels: its text scrolls from 12 lines of about 45 characters on. */
function heightOf(completion: Completion): number {
  return 130 + Math.min(12, Math.ceil(completion.text.length / 45)) * 24;
}

function Text({ label, text }: { label: string; text: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs font-medium text-muted">{label}</dt>
      <dd className="max-h-40 overflow-y-auto font-mono text-[13px] break-words whitespace-pre-wrap">{text || "(empty)"}</dd>
    </div>
  );
}
