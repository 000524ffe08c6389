import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useSyncExternalStore } from "react";

import type { SeriesStore } from "@/api/seriesStore";
import type { MetricInfo } from "@/api/types";
import { Button } from "@/components/ui/button";

import { type ChartLook, MetricChart } from "./MetricChart";
import type { ChartedRun } from "./metricSource";

interface Props {
  store: SeriesStore;
  run: ChartedRun;
  metric: string;
  info: MetricInfo;
  look: ChartLook;
  controls: ReactNode;
  onClose: () => void;
}

/** One chart on the whole screen. */
export function ChartDialog({ store, run, metric, info, look, controls, onClose }: Props) {
  const height = useSyncExternalStore(onResize, () => window.innerHeight);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-0 z-40 flex flex-col gap-3 overflow-y-auto bg-bg p-4"
        >
          <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
            <Dialog.Title className="min-w-0 truncate font-semibold">
              {metric} <span className="font-normal text-muted">of {run.name}</span>
            </Dialog.Title>
            <div className="order-last w-full lg:order-none lg:w-auto">{controls}</div>
            <Dialog.Close asChild>
              <Button variant="ghost" size="icon" aria-label="Close" className="ml-auto">
                <X />
              </Button>
            </Dialog.Close>
          </div>
          <p className="max-w-prose text-muted">{info.description}</p>
          <MetricChart store={store} run={run} metric={metric} info={info} look={look} height={Math.max(240, height - 230)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function onResize(listener: () => void): () => void {
  window.addEventListener("resize", listener);
  return () => window.removeEventListener("resize", listener);
}
