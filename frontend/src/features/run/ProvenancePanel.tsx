import { Fingerprint } from "lucide-react";

import type { Attempt, Run } from "@/api/types";
import { Badge, type Tone } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/states";
import { TimeAgo } from "@/components/ui/time";
import { formatDuration, NONE } from "@/lib/format";

import { flatten, showValue } from "./flatten";

const TONES: Record<Attempt["status"], Tone> = {
  active: "accent",
  completed: "success",
  failed: "danger",
  stopped: "neutral",
  paused: "neutral",
  lost: "warning",
  requeued: "neutral",
};

/** What each attempt really ran, newest first. */
export function ProvenancePanel({ run }: { run: Run }) {
  if (run.attempts.length === 0) {
    return (
      <EmptyState icon={<Fingerprint aria-hidden="true" />} title="Not started yet">
        Versions, hashes and rendered prompts are recorded when a worker takes this run.
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      {run.attempts.toReversed().map((attempt) => (
        <AttemptCard key={attempt.id} attempt={attempt} />
      ))}
    </div>
  );
}

function AttemptCard({ attempt }: { attempt: Attempt }) {
  const { packages, prompts, prompt_template, ...facts } = attempt.provenance ?? {};
  const seconds = attempt.finished_at
    ? (Date.parse(attempt.finished_at) - Date.parse(attempt.claimed_at)) / 1000
    : null;
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-3">
        <h2 className="font-semibold">Attempt {attempt.number}</h2>
        <Badge tone={TONES[attempt.status]}>{attempt.status}</Badge>
        <span className="text-muted">
          {attempt.worker} on {attempt.host || NONE}
          {attempt.device && `, ${attempt.device}`}
        </span>
        <span className="text-muted">
          claimed <TimeAgo time={attempt.claimed_at} />
          {seconds !== null && `, took ${formatDuration(seconds)}`}
        </span>
        {attempt.reason && <p className="w-full break-words">{attempt.reason}</p>}
      </div>
      {attempt.provenance ? (
        <div className="grid gap-x-8 gap-y-4 p-4 lg:grid-cols-2">
          <Facts title="What ran" value={facts} />
          <Facts title="Packages" value={packages} />
          <Prompts template={prompt_template} prompts={prompts} />
        </div>
      ) : (
        <p className="p-4 text-muted">This attempt has not reported its provenance.</p>
      )}
    </Card>
  );
}

function Facts({ title, value }: { title: string; value: unknown }) {
  if (value === undefined) return null;
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <dl>
        {flatten(value).map(({ path, value: item }) => {
          const text = showValue(item);
          return (
            <div key={path} className="flex min-h-8 items-center justify-between gap-4 border-b border-line/60 py-0.5">
              <dt className="shrink-0 font-mono text-xs text-muted">{path}</dt>
              <dd className="flex min-w-0 items-center gap-1 tabular">
                <span className="truncate" title={text}>
                  {text}
                </span>
                {/sha256|commit|revision/.test(path) && text !== NONE && <CopyButton text={text} label={`Copy ${path}`} />}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function Prompts({ template, prompts }: { template: unknown; prompts: unknown }) {
  const rendered = Array.isArray(prompts) ? prompts.map(showValue) : [];
  if (typeof template !== "string" && rendered.length === 0) return null;
  const block = "overflow-x-auto rounded-md bg-surface-2 p-3 font-mono text-xs whitespace-pre-wrap break-words";
  return (
    <section aria-label="Prompts" className="min-w-0 lg:col-span-2">
      <h3 className="mb-1 text-xs font-medium text-muted">Prompts as the model reads them</h3>
      <div className="grid gap-2 md:grid-cols-3">
        {rendered.map((prompt, i) => (
          <pre key={i} className={block}>
            {prompt}
          </pre>
        ))}
      </div>
      {typeof template === "string" && (
        <>
          <h3 className="mt-3 mb-1 text-xs font-medium text-muted">Template</h3>
          <pre className={block}>{template}</pre>
        </>
      )}
    </section>
  );
}
