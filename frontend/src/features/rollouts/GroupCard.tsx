import { Link } from "@tanstack/react-router";
import { Route } from "lucide-react";

import type { Completion } from "@/api/types";
import { InView } from "@/components/charts/InView";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";

import type { RunSearch } from "../run/search";
import { CompletionCard } from "./CompletionCard";
import type { ShownGroup } from "./filter";
import type { Scale, Shade } from "./shading";

/** Groups of more tokens than this draw only the completions in sight. */
const LAZY_FROM = 4000;

interface Props {
  shown: ShownGroup;
  shade: Shade;
  scale: Scale;
  /** Whether prompt and answer are written out. */
  prompt?: boolean;
  /** Whether a link leads to this very group. */
  marked?: boolean;
  /** What a link to this group says, and one that follows its prompt; none where it is followed already. */
  links?: { group: RunSearch; prompt: RunSearch };
}

/** A prompt, its reference answer, and its completions side by side. */
export function GroupCard({ shown: { group, shown }, shade, scale, prompt = true, marked = false, links }: Props) {
  const title = `group-${group.step}-${group.index}`;
  const all = group.completions.length;
  const lazy = shown.reduce((sum, index) => sum + (group.completions[index]?.tokens.length ?? 0), 0) > LAZY_FROM;
  return (
    // groups out of sight are not laid out: a step may have tens of thousands of tokens
    <Card
      data-row
      aria-labelledby={title}
      className={cn(
        "scroll-mt-16 space-y-3 p-3 [contain-intrinsic-size:auto_40rem] [content-visibility:auto] sm:p-4",
        marked && "border-accent",
      )}
    >
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id={title} className="font-semibold">
          {links ? (
            <Link from="/runs/$runId" to="." search={links.group} replace resetScroll={false} className="rounded-sm hover:text-accent hover:underline" title="A link to this group">
              Group {group.index + 1}
            </Link>
          ) : (
            `Group ${group.index + 1}`
          )}
        </h2>
        <span className="min-w-0 font-mono text-xs break-all text-muted" title="Stable id of the problem">
          {group.prompt_id}
        </span>
        {links && (
          <Link
            from="/runs/$runId"
            to="."
            search={links.prompt}
            className="flex items-center gap-1 rounded-sm text-xs text-accent underline-offset-4 hover:underline"
          >
            <Route aria-hidden="true" className="size-3.5" /> Follow this prompt
          </Link>
        )}
        {!group.has_signal && <Badge tone="warning">No signal: all rewards are equal</Badge>}
        <span className="ml-auto text-xs text-muted tabular">
          reward <span className="font-medium text-text">{formatNumber(group.reward_mean, 3)}</span> ± {formatNumber(group.reward_std, 3)}
          {shown.length < all && ` · ${shown.length} of ${all} shown`}
        </span>
      </header>
      {prompt && (
        <dl className="grid gap-x-6 gap-y-2 lg:grid-cols-[minmax(0,3fr)_minmax(0,1fr)]">
          <Text label="Prompt" text={group.prompt} />
          <Text label="Reference answer" text={group.answer} />
        </dl>
      )}
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
