import { Link } from "@tanstack/react-router";
import { Check, Cpu, Copy, Gauge } from "lucide-react";
import { useEffect, useRef } from "react";

import type { Preset } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";

import type { LaunchSearch } from "./search";
import { Help } from "./form/Help";

interface Props {
  presets: readonly Preset[] | null;
  search: LaunchSearch;
  /** Name of the run that is cloned. */
  cloned: string | null;
}

const card =
  "flex min-w-0 shrink-0 basis-64 flex-col gap-1 rounded-lg border bg-surface p-3 text-left hover:border-accent data-[chosen=true]:border-accent data-[chosen=true]:bg-accent-soft/50";

/** What the form starts from: a preset, the defaults, or a run to clone. */
export function StartPicker({ presets, search, cloned }: Props) {
  const plain = !search.preset && !search.from;
  const list = useRef<HTMLElement>(null);
  const ready = presets !== null;
  useEffect(() => {
    // small screens scroll sideways: the chosen one is what should be seen first
    const row = list.current;
    const chosen = row?.querySelector<HTMLElement>('[data-chosen="true"]');
    if (ready && row && chosen) row.scrollLeft = chosen.offsetLeft - 16;
  }, [ready, search.preset, search.from]);
  const view = search.view ? { view: search.view } : {};
  return (
    <nav ref={list} aria-label="Start from" className="relative -mx-4 flex gap-2 overflow-x-auto px-4 py-1 sm:mx-0 sm:grid sm:grid-cols-2 sm:overflow-visible sm:px-0 lg:grid-cols-3">
      {search.from && (
        <Choice chosen to={{ from: search.from, ...view }} title={cloned ?? search.from} badge={<CloneBadge />} text="The configuration of this run." />
      )}
      {presets === null &&
        Array.from({ length: 4 }, (_, index) => <Skeleton key={index} className="h-24 shrink-0 basis-64" />)}
      {presets?.map((preset) => (
        <Choice
          key={preset.name}
          chosen={preset.name === search.preset}
          to={{ preset: preset.name, ...view }}
          title={preset.title}
          badge={preset.requires_gpu ? <GpuBadge /> : <CpuBadge />}
          text={preset.description}
        />
      ))}
      {presets && <Choice chosen={plain} to={view} title="Defaults" text="Every field at its default." />}
    </nav>
  );
}

interface ChoiceProps {
  chosen: boolean;
  to: LaunchSearch;
  title: string;
  badge?: React.ReactNode;
  text: string;
}

function Choice({ chosen, to, title, badge, text }: ChoiceProps) {
  return (
    <Link to="/launch" search={{ ...to }} replace resetScroll={false} data-chosen={chosen} aria-current={chosen ? "true" : undefined} className={cn(card, chosen ? "" : "border-line")}>
      <span className="flex items-start gap-2">
        <span className="min-w-0 flex-1 font-medium break-words">{title}</span>
        {badge}
        {chosen && <Check className="mt-0.5 size-4 shrink-0 text-accent" aria-label="chosen" />}
      </span>
      <span className="line-clamp-3 text-xs text-muted" title={text}>
        <Help text={text} />
      </span>
    </Link>
  );
}

function GpuBadge() {
  return (
    <Badge tone="warning">
      <Gauge aria-hidden="true" /> needs a GPU
    </Badge>
  );
}

function CpuBadge() {
  return (
    <Badge>
      <Cpu aria-hidden="true" /> CPU
    </Badge>
  );
}

function CloneBadge() {
  return (
    <Badge tone="accent">
      <Copy aria-hidden="true" /> clone
    </Badge>
  );
}
