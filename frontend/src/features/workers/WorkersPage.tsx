import { useQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";

import { queue as queueQuery, workers as workersQuery } from "@/api/queries";
import type { QueueState, Worker } from "@/api/types";
import { Card } from "@/components/ui/card";
import { Code } from "@/components/ui/code";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { formatInteger } from "@/lib/format";
import { useTitle } from "@/lib/useTitle";

import { WorkerCard } from "./WorkerCard";

/** Who trains, on what, and how much waits. */
export function WorkersPage() {
  useTitle("Workers");
  const workers = useQuery(workersQuery());
  const queue = useQuery(queueQuery());
  return (
    <div className="flex flex-col gap-5">
      <h1 className="text-xl font-semibold tracking-tight">Workers</h1>
      {queue.isPending && <Skeleton className="h-23 w-full" />}
      {queue.data && queue.data.length > 0 && (
        <section aria-label="Queues" className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {queue.data.map((one) => (
            <QueueCard key={one.name} queue={one} />
          ))}
        </section>
      )}
      <Workers workers={queue.isPending ? undefined : workers.data} error={workers.error} retry={() => void workers.refetch()} />
    </div>
  );
}

function Workers({ workers, error, retry }: { workers: Worker[] | undefined; error: Error | null; retry: () => void }) {
  if (error && !workers) return <ErrorState error={error} title="The workers could not be loaded" onRetry={retry} />;
  if (!workers) {
    return (
      <div role="status" aria-label="Loading workers" className="grid gap-3 lg:grid-cols-2">
        <Skeleton className="h-44" />
        <Skeleton className="h-44" />
      </div>
    );
  }
  if (workers.length === 0) {
    return (
      <EmptyState icon={<Server aria-hidden="true" />} title="No worker has joined yet">
        <p>
          On this machine, <Code>ahora up</Code> starts one with the dashboard. On another machine, make a token here with{" "}
          <Code>ahora token --kind worker</Code> and start <Code>ahora worker</Code> there. Runs wait in the queue meanwhile.
        </p>
      </EmptyState>
    );
  }
  const online = workers.filter((worker) => worker.status === "online");
  const offline = workers.filter((worker) => worker.status !== "online");
  return (
    <>
      {online.length > 0 ? (
        <WorkerList label="Online workers" workers={online} />
      ) : (
        <EmptyState icon={<Server aria-hidden="true" />} title="No worker is online">
          Runs wait in the queue. <Code>ahora up</Code> or <Code>ahora worker</Code> starts one.
        </EmptyState>
      )}
      {offline.length > 0 && (
        <details open={online.length === 0}>
          <summary className="w-fit rounded-md py-1 text-muted hover:text-text">
            {offline.length} offline {offline.length === 1 ? "worker" : "workers"}
          </summary>
          <div className="mt-2">
            <WorkerList label="Offline workers" workers={offline} />
          </div>
        </details>
      )}
    </>
  );
}

function WorkerList({ label, workers }: { label: string; workers: Worker[] }) {
  const order = [...workers].sort((a, b) => a.name.localeCompare(b.name) || b.started_at.localeCompare(a.started_at));
  return (
    <ul aria-label={label} className="grid grid-cols-[minmax(0,1fr)] items-start gap-3 lg:grid-cols-2">
      {order.map((worker) => (
        <li key={worker.id} data-row>
          <WorkerCard worker={worker} />
        </li>
      ))}
    </ul>
  );
}

function QueueCard({ queue }: { queue: QueueState }) {
  const facts = [
    { label: "waiting", value: queue.queued },
    { label: "at work", value: queue.active },
    { label: queue.slots === 1 ? "slot" : "slots", value: queue.slots },
    { label: "free", value: queue.idle_slots },
  ];
  return (
    <Card className="p-4">
      <h2 className="font-semibold">
        Queue <span className="font-mono">{queue.name}</span>
      </h2>
      <dl className="mt-2 flex flex-wrap gap-x-6 gap-y-1">
        {facts.map(({ label, value }) => (
          <div key={label} className="flex items-baseline gap-1.5">
            <dd className="text-lg font-semibold tabular">{formatInteger(value)}</dd>
            <dt className="text-muted">{label}</dt>
          </div>
        ))}
      </dl>
      {queue.queued > 0 && queue.slots === 0 && (
        <p className="mt-2 text-warning">No worker that is online takes runs of this queue.</p>
      )}
    </Card>
  );
}
