import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Cpu, Play, Unplug } from "lucide-react";
import { useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { workers as workersQuery } from "@/api/queries";
import type { RunStatus, Worker } from "@/api/types";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TimeAgo } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { formatInteger, formatNumber } from "@/lib/format";

import { DrainDialog } from "./DrainDialog";
import { Meter } from "./Meter";

/** A worker: its devices and how busy they are, what it runs, and whether it takes runs. */
export function WorkerCard({ worker }: { worker: Worker }) {
  const online = worker.status === "online";
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-3">
        <h2 className="min-w-0 truncate font-semibold" title={worker.name}>
          {worker.name}
        </h2>
        <Badge tone={online ? "success" : "neutral"}>
          <span aria-hidden="true" className="size-1.5 rounded-full bg-current" />
          {online ? "Online" : "Offline"}
        </Badge>
        {worker.draining && <Badge tone="warning">{worker.running.length > 0 ? "Draining" : "Drained"}</Badge>}
        {worker.queues.map((name) => (
          <Badge key={name} tone="outline" className="font-mono">
            {name}
          </Badge>
        ))}
        {worker.labels.map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
        <span className="ml-auto flex items-center gap-3 text-xs text-muted">
          <span>
            seen <TimeAgo time={worker.last_seen_at} />
          </span>
          <DrainButton worker={worker} />
        </span>
      </div>
      <div className="flex flex-col gap-3 p-4">
        {worker.draining && (
          <p className="text-warning">
            Takes no more runs{worker.drained_by && `, says ${worker.drained_by}`}
            {worker.drain_reason && `: ${worker.drain_reason}`}
          </p>
        )}
        <Devices worker={worker} />
        <div>
          <h3 className="mb-1 text-xs font-medium text-muted">
            {worker.running.length} of {worker.slots} {worker.slots === 1 ? "slot" : "slots"} in use
          </h3>
          <ul className="flex flex-col gap-1.5">
            {worker.running.map((run) => (
              <li key={run.run_id} className="flex items-center gap-2">
                <StatusBadge status={run.status as RunStatus} />
                <Link
                  to="/runs/$runId"
                  params={{ runId: run.run_id }}
                  title={run.name}
                  className="min-w-0 truncate rounded-sm hover:text-accent hover:underline"
                >
                  {run.name}
                </Link>
                {run.attempt > 1 && <span className="shrink-0 text-xs text-muted">attempt {run.attempt}</span>}
              </li>
            ))}
          </ul>
        </div>
        <p className="text-xs break-words text-muted">
          {worker.host}, process {worker.pid}, started <TimeAgo time={worker.started_at} />
          {Object.entries(worker.versions).map(([name, version]) => ` · ${name} ${version}`)}
        </p>
      </div>
    </Card>
  );
}

/** One line a GPU with what it is busy with; the CPU's slots share one, since they share the machine. */
function Devices({ worker }: { worker: Worker }) {
  const gpus = worker.devices.map((device, slot) => ({ device, slot })).filter(({ device }) => device.kind === "cuda");
  const cpus = worker.devices.filter((device) => device.kind === "cpu");
  const use = worker.use;
  return (
    <ul aria-label="Devices" className="flex flex-col gap-2">
      {gpus.map(({ device, slot }) => {
        const busy = use?.devices?.find((one) => one.slot === slot);
        const facts = [
          busy?.power_watts == null ? null : `${formatInteger(busy.power_watts)} W`,
          busy?.temperature_c == null ? null : `${formatInteger(busy.temperature_c)} °C`,
        ].filter((fact) => fact !== null);
        return (
          <li key={slot} className="flex flex-col gap-1">
            <DeviceLine name={device.name || "GPU"} note={facts.join(", ") || `${formatNumber(device.memory_gb, 3)} GB`} />
            {busy && (
              <div className="grid grid-cols-2 gap-x-4 pl-6">
                <Meter label="GPU" value={busy.utilization} max={100} unit="%" />
                <Meter label="Memory" value={busy.memory_gb} max={device.memory_gb} unit="GB" />
              </div>
            )}
            {busy?.trouble && (
              <p className="pl-6 text-warning">
                Takes no runs now. {busy.trouble}
              </p>
            )}
          </li>
        );
      })}
      {cpus.length > 0 && (
        <li className="flex flex-col gap-1">
          <DeviceLine
            name={cpus[0]?.name || "CPU"}
            note={cpus.length === 1 ? `${formatNumber(cpus[0]?.memory_gb, 3)} GB` : `${cpus.length} slots`}
          />
        </li>
      )}
      {use && (
        <li className="grid grid-cols-2 gap-x-4 pl-6" aria-label="The machine">
          <Meter label="CPU" value={use.cpu} max={100} unit="%" />
          <Meter label="RAM" value={use.memory_gb} max={use.memory_total_gb} unit="GB" />
        </li>
      )}
    </ul>
  );
}

function DeviceLine({ name, note }: { name: string; note: string }) {
  return (
    <div className="flex items-center gap-2">
      <Cpu aria-hidden="true" className="size-4 shrink-0 text-muted" />
      <span className="truncate" title={name}>
        {name}
      </span>
      <span className="ml-auto shrink-0 text-muted tabular">{note}</span>
    </div>
  );
}

function DrainButton({ worker }: { worker: Worker }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const resume = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/v1/workers/{worker_id}/undrain", { params: { path: { worker_id: worker.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: workersQuery().queryKey }),
    onError: (error) => toast.error(`${worker.name} was not resumed: ${errorMessage(error)}`),
  });
  if (worker.draining) {
    return (
      <Button size="sm" disabled={resume.isPending} onClick={() => resume.mutate()}>
        <Play aria-hidden="true" /> Take runs again
      </Button>
    );
  }
  if (worker.status !== "online") return null;
  return (
    <>
      <Button size="sm" aria-label={`Drain ${worker.name}`} onClick={() => setAsking(true)}>
        <Unplug aria-hidden="true" /> Drain
      </Button>
      <DrainDialog worker={worker} open={asking} onOpenChange={setAsking} />
    </>
  );
}
