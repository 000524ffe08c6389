import { Link } from "@tanstack/react-router";

import type { RunSummary } from "@/api/types";
import { Sparkline } from "@/components/charts/Sparkline";
import { InlineEdit } from "@/components/InlineEdit";
import { AlertBadge } from "@/components/runs/AlertBadge";
import { useUpdateRun } from "@/components/runs/runMutations";
import { Badge } from "@/components/ui/badge";
import { TimeAgo } from "@/components/ui/time";
import { formatFixed, NONE } from "@/lib/format";

interface NameProps {
  run: RunSummary;
  /** Whether the tags stand below, where no column has them. */
  tags?: boolean;
}

/** Name with a pencil; below it what the run does or why it ended. */
export function NameCell({ run, tags = false }: NameProps) {
  const update = useUpdateRun();
  return (
    <div className="min-w-0">
      <InlineEdit
        value={run.name}
        label={`Rename ${run.name}`}
        onSave={(name) => update.mutate({ run, changes: { name } })}
        className="h-6"
        inputClassName="h-6 px-1.5"
      >
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          title={run.name}
          className="truncate rounded-sm font-medium hover:text-accent hover:underline"
        >
          {run.name}
        </Link>
      </InlineEdit>
      <SubLine run={run} tags={tags ? run.tags : []} />
    </div>
  );
}

function SubLine({ run, tags }: { run: RunSummary; tags: readonly string[] }) {
  const failed = run.status === "failed" || run.status === "lost";
  const stuck = run.waits_for !== null;
  const text =
    (failed && run.status_reason) ||
    run.waits_for ||
    (run.status === "running" || run.status === "starting" ? phase(run) : "");
  const alerts = (run.alerts ?? []).length > 0;
  if (!text && !alerts && tags.length === 0) return null;
  return (
    <div className="flex h-5 min-w-0 items-center gap-1.5 overflow-hidden text-xs text-muted">
      <AlertBadge run={run} className="max-w-44 shrink-0 py-0" />
      {text && (
        <span className={`${tags.length > 0 ? "max-w-[75%]" : "max-w-full"} shrink-0 truncate ${failed ? "text-danger" : stuck ? "text-warning" : ""}`} title={text}>
          {text}
        </span>
      )}
      <Tags tags={tags} />
    </div>
  );
}

function Tags({ tags }: { tags: readonly string[] }) {
  return tags.map((tag) => (
    <Badge key={tag} tone="outline" className="shrink-0 px-1.5 py-0" title={tag}>
      <span className="max-w-28 truncate">{tag}</span>
    </Badge>
  ));
}

/** Tags with a pencil: they are written with commas between. */
export function TagsCell({ run }: { run: RunSummary }) {
  const update = useUpdateRun();
  const save = (text: string) => {
    const tags = [...new Set(text.split(",").map((tag) => tag.trim()))].filter(Boolean);
    update.mutate({ run, changes: { tags } });
  };
  return (
    <InlineEdit
      value={run.tags.join(", ")}
      label={`Tags of ${run.name}`}
      onSave={save}
      mayBeEmpty
      maxLength={1000}
      placeholder="one, another"
      // the pencil lies over the tags, which would break their lines anew; the field is wider than the column
      className="relative min-h-7 min-w-12 hover:pr-0 focus-within:pr-0 pointer-coarse:pr-0 [&>button]:bg-surface-2"
      inputClassName="absolute top-0 right-0 z-20 h-7 w-72 px-1.5 shadow-pop"
    >
      <span className="flex max-h-11 min-w-0 flex-wrap items-center gap-1 overflow-hidden" title={run.tags.join(", ")}>
        {run.tags.length > 0 ? <Tags tags={run.tags} /> : <span className="text-muted">{NONE}</span>}
      </span>
    </InlineEdit>
  );
}

function phase(run: RunSummary): string {
  if (run.phase === "training") return "";
  return run.phase_message || (run.phase && run.phase.charAt(0).toUpperCase() + run.phase.slice(1));
}

export function RewardCell({ run, curve }: { run: RunSummary; curve: readonly number[] | undefined }) {
  return (
    <div className="flex items-center gap-2">
      <span className="w-12 lg:text-right">{formatFixed(run.last_reward)}</span>
      <Sparkline values={curve ?? []} label={`Reward of ${run.name} over its steps`} width={72} />
    </div>
  );
}

export function CreatedCell({ run }: { run: RunSummary }) {
  return (
    <div className="min-w-0">
      <TimeAgo time={run.created_at} className="block truncate" />
      <span className="block truncate text-xs text-muted" title={run.created_by}>
        {run.created_by}
      </span>
    </div>
  );
}
