import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

import type { RunSummary } from "@/api/types";
import { RunProgress } from "@/components/runs/RunProgress";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Checkbox } from "@/components/ui/checkbox";
import { TimeAgo } from "@/components/ui/time";
import { algorithmLabel, formatPercent, shortModel } from "@/lib/format";

import { NameCell, RewardCell } from "./cells";
import { RunMenu } from "./RunMenu";
import { useSparklines } from "./useSparklines";

interface Props {
  runs: readonly RunSummary[];
  selection: ReadonlySet<string>;
  onToggle: (id: string, selected: boolean) => void;
  onEnd: () => void;
}

/** The runs as cards, for narrow screens. */
export function RunCards({ runs, selection, onToggle, onEnd }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const rect = list.current?.getBoundingClientRect();
    if (rect) setTop(rect.top + window.scrollY);
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: runs.length,
    estimateSize: () => 176,
    gap: 10,
    overscan: 6,
    scrollMargin: top,
    getItemKey: (index) => runs[index]?.id ?? index,
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (last && last.index >= instance.options.count - 5) onEnd();
    },
  });
  const items = virtualizer.getVirtualItems();
  const visible = runs.slice(items[0]?.index ?? 0, (items.at(-1)?.index ?? 0) + 1);
  const curves = useSparklines(visible);
  return (
    <ul ref={list} className="relative" style={{ height: virtualizer.getTotalSize() }}>
      {items.map((item) => {
        const run = runs[item.index];
        if (!run) return null;
        return (
          <li
            key={item.key}
            ref={virtualizer.measureElement}
            data-index={item.index}
            data-row
            className="absolute inset-x-0 top-0 flex flex-col gap-2.5 rounded-lg border border-line bg-surface p-3"
            style={{ transform: `translateY(${item.start - top}px)` }}
          >
            <div className="flex items-start gap-2.5">
              <Checkbox
                className="mt-1"
                aria-label={`Select ${run.name}`}
                checked={selection.has(run.id)}
                onCheckedChange={(checked) => onToggle(run.id, checked === true)}
              />
              <div className="min-w-0 flex-1">
                <NameCell run={run} tags />
              </div>
              <RunMenu run={run} />
            </div>
            <div className="flex items-center justify-between gap-4">
              <StatusBadge status={run.status} />
              <RunProgress run={run} className="w-40" />
            </div>
            <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-xs">
              <div className="flex items-center gap-1.5">
                <span className="text-muted">Reward</span>
                <RewardCell run={run} curve={curves.get(run.id)} />
              </div>
              <span>
                <span className="text-muted">Pass@1</span> {formatPercent(run.last_pass_at_1)}
              </span>
            </div>
            <p className="truncate text-xs text-muted">
              {algorithmLabel(run.algorithm, run.alpha)} · {shortModel(run.model)} · seed {run.seed} · <TimeAgo time={run.created_at} />
            </p>
          </li>
        );
      })}
    </ul>
  );
}
