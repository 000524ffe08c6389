import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Folder } from "lucide-react";

import { project as projectQuery, projects as projectsQuery } from "@/api/queries";
import type { DiskUsage } from "@/api/types";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { formatBytes, formatInteger } from "@/lib/format";
import { useTitle } from "@/lib/useTitle";

import { RetentionForm } from "./RetentionForm";

/** Each project: how much its runs hold on disk, and what is kept of them. */
export function ProjectsPage() {
  useTitle("Projects");
  const { data, error, refetch } = useQuery(projectsQuery());
  return (
    <div className="flex flex-col gap-5">
      <h1 className="text-xl font-semibold tracking-tight">Projects</h1>
      {error && !data && <ErrorState error={error} title="The projects could not be loaded" onRetry={() => void refetch()} />}
      {!error && !data && <Skeleton className="h-60 w-full" />}
      {data?.length === 0 && (
        <EmptyState icon={<Folder aria-hidden="true" />} title="No project yet">
          A project is made by the first run that names it.
        </EmptyState>
      )}
      {data && data.length > 0 && (
        <ul className="grid grid-cols-[minmax(0,1fr)] items-start gap-3 lg:grid-cols-2 2xl:grid-cols-3">
          {data.map(({ name }) => (
            <li key={name} data-row>
              <ProjectCard name={name} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function ProjectCard({ name }: { name: string }) {
  const { data, error, refetch } = useQuery(projectQuery(name));
  if (error && !data) return <ErrorState error={error} title={`${name} could not be loaded`} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-60 w-full" />;
  return (
    <Card>
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-b border-line px-4 py-3">
        <h2 className="min-w-0 truncate font-semibold" title={name}>
          {name}
        </h2>
        <Link
          to="/rules"
          search={name === "default" ? {} : { project: name }}
          className="ml-auto rounded-sm text-accent underline-offset-4 hover:underline"
        >
          Rules
        </Link>
        <Link to="/" search={{ project: name }} className=" rounded-sm text-accent underline-offset-4 hover:underline">
          {formatInteger(data.runs)} {data.runs === 1 ? "run" : "runs"}
        </Link>
      </div>
      <div className="flex flex-col gap-4 p-4">
        <Disk usage={data.usage} />
        <RetentionForm key={JSON.stringify(data.retention)} project={data} />
      </div>
    </Card>
  );
}

const PARTS = [
  { key: "checkpoints", label: "Checkpoints" },
  { key: "rollouts", label: "Rollouts" },
  { key: "metrics", label: "Metrics" },
] as const;

function Disk({ usage }: { usage: DiskUsage }) {
  return (
    <dl aria-label="On disk" className="flex flex-wrap gap-x-6 gap-y-1">
      {PARTS.map(({ key, label }) => (
        <div key={key}>
          <dt className="text-xs text-muted">{label}</dt>
          <dd className="text-lg font-semibold tabular">{formatBytes(usage[key])}</dd>
        </div>
      ))}
    </dl>
  );
}
