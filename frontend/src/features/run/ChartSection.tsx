import { ArrowLeft, ArrowRight, GripVertical, Maximize2, Pin, PinOff } from "lucide-react";
import { type DragEvent, memo, useState } from "react";

import type { MetricGroup } from "@/api/metricGroups";
import type { SeriesStore } from "@/api/seriesStore";
import { InView } from "@/components/charts/InView";
import { MenuItem } from "@/components/ui/dropdown-menu";
import { cn } from "@/lib/cn";

import { moveChart, togglePin } from "./chartLayout";
import { CHART_HEIGHT, type ChartLook, MetricChart } from "./MetricChart";
import type { ChartedRun } from "./metricSource";

interface Props {
  section: MetricGroup;
  store: SeriesStore;
  run: ChartedRun;
  look: ChartLook;
  pinned: readonly string[];
  onFullScreen: (key: string) => void;
}

/** Charts of one group; they are moved by their handles or their menus. */
export const ChartSection = memo(function ChartSection({ section, store, run, look, pinned, onFullScreen }: Props) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const keys = section.metrics.map(({ key }) => key);
  const move = (from: string, to: string | undefined) => {
    if (to !== undefined && from !== to) moveChart(section.name, keys, from, to);
  };
  const drop = (event: DragEvent, key: string) => {
    if (dragged === null) return;
    event.preventDefault();
    move(dragged, key);
    setDragged(null);
    setOver(null);
  };
  const dragOver = (event: DragEvent, key: string) => {
    if (dragged === null) return;
    event.preventDefault();
    setOver(key);
  };
  return (
    <section aria-label={section.name} className="flex flex-col gap-2">
      <h2 className="font-semibold">
        {section.name}
        {section.metrics.every(({ info }) => info.axis === "time") && (
          <span className="ml-2 text-xs font-normal text-muted">by the time since the run&apos;s first start</span>
        )}
      </h2>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,20rem),1fr))] gap-3">
        {section.metrics.map(({ key, info }, i) => (
          <div
            key={key}
            role="presentation"
            data-chart={key}
            onDragOver={(event) => dragOver(event, key)}
            onDrop={(event) => drop(event, key)}
            className={cn("group/chart relative rounded-lg", over === key && dragged !== key && "outline-2 outline-accent")}
          >
            <InView height={CHART_HEIGHT}>
              <MetricChart
                store={store}
                run={run}
                metric={key}
                info={info}
                look={look}
                menu={
                  <>
                    <MenuItem onSelect={() => onFullScreen(key)}>
                      <Maximize2 aria-hidden="true" /> Full screen
                    </MenuItem>
                    <MenuItem onSelect={() => togglePin(key)}>
                      {pinned.includes(key) ? <PinOff aria-hidden="true" /> : <Pin aria-hidden="true" />}
                      {pinned.includes(key) ? "Unpin" : "Pin to the top"}
                    </MenuItem>
                    <MenuItem disabled={i === 0} onSelect={() => move(key, keys[i - 1])}>
                      <ArrowLeft aria-hidden="true" /> Move forward
                    </MenuItem>
                    <MenuItem disabled={i === keys.length - 1} onSelect={() => move(key, keys[i + 1])}>
                      <ArrowRight aria-hidden="true" /> Move back
                    </MenuItem>
                  </>
                }
              />
            </InView>
            <span
              draggable
              aria-hidden="true"
              title="Drag to move the chart"
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", key);
                setDragged(key);
              }}
              onDragEnd={() => {
                setDragged(null);
                setOver(null);
              }}
              className="absolute top-4 left-0 cursor-grab text-muted opacity-0 group-hover/chart:opacity-100 [@media(hover:none)]:hidden"
            >
              <GripVertical className="size-3.5" />
            </span>
          </div>
        ))}
      </div>
    </section>
  );
});
