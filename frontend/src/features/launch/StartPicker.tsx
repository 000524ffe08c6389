import { Link } from "@tanstack/react-router";
import { Check, Cpu, Copy, Database, Gauge } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";

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
  /** Name of the dataset that is trained on. */
  dataset: string | null;
}

const ClonePicker = lazy(() => import("./ClonePicker").then((module) => ({ default: module.ClonePicker })));

const card =
  "flex min-w-0 shrink-0 basis-64 flex-col gap-1 rounded-lg border bg-surface p-3 text-left hover:border-accent data-[chosen=true]:border-accent data-[chosen=true]:bg-accent-soft/50";

/** What the form starts from: a preset, the defaults, or a run to clone. */
export function StartPicker({ presets, search, cloned, dataset }: Props) {
  const plain = !search.preset && !search.from && !search.dataset;
  const [picking, setPicking] = useState(false);
  const list = useRef<HTMLElement>(null);
  const ready = presets !== null;
  useEffect(() => {
    // small screens scroll sideways: the chosen one is what should be seen first
    const row = list.current;
    const chosen = row?.querySelector<HTMLElement>('[data-chosen="true"]');
    if (ready && row && chosen) row.scrollLeft = chosen.offsetLeft - 16;
  }, [ready, search.preset, search.from]);
  const view: LaunchSearch = { ...(search.view ? { view: search.view } : {}), ...(search.grid ? { grid: search.grid } : {}) };
  return (
    <nav ref={list} aria-label="Start from" className="relative -mx-4 flex gap-2 overflow-x-auto px-4 py-1 sm:mx-0 sm:grid sm:grid-cols-2 sm:overflow-visible sm:px-0 lg:grid-cols-4">
      {search.from && (
        <Choice chosen to={{ from: search.from, ...view }} title={cloned ?? search.from} badge={<CloneBadge />} text="The configuration of this run." />
      )}
      {search.dataset && (
        <Choice chosen to={{ dataset: search.dataset, ...view }} title={dataset ?? search.dataset} badge={<DatasetBadge />} text="Problems of this dataset, with the model and settings of SmolLM2-135M." />
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
      {presets && (
        <button type="button" className={cn(card, "border-dashed border-line")} onClick={() => setPicking(true)}>
          <span className="flex items-center gap-2 font-medium">
            <Copy aria-hidden="true" className="size-4 text-muted" /> Clone a run …
          </span>
          <span className="text-xs text-muted">Start from the configuration of any run.</span>
        </button>
      )}
      {picking && (
        <Suspense>
          <ClonePicker open={picking} onOpenChange={setPicking} keep={view} />
        </Suspense>
      )}
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
        {chosen && <Check className="mt-0.5 size-4 shrink-0 text-accent" aria-label="chosen" />}
      </span>
      <span className="line-clamp-2 text-xs leading-5 text-muted" title={text}>
        {badge} <Help text={text} />
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

function DatasetBadge() {
  return (
    <Badge tone="accent">
      <Database aria-hidden="true" /> dataset
    </Badge>
  );
}
