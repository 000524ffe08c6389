import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";

import { projects as projectsQuery, rules as rulesQuery, type RulesPlace, run as runQuery } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { ErrorState } from "@/components/ui/states";
import { useTitle } from "@/lib/useTitle";

import { keyFor, startDraft } from "./ruleForm";
import { RuleCard } from "./RuleCard";
import { RuleEditor } from "./RuleEditor";
import { useRuleMutations } from "./useRuleMutations";

const route = getRouteApi("/rules");

/** The rules that watch the runs of a project, or one run. */
export function RulesPage() {
  useTitle("Rules");
  const search = route.useSearch();
  const place: RulesPlace = search.run ? { run: search.run } : { project: search.project ?? "default" };
  return <Rules key={JSON.stringify(place)} place={place} />;
}

function Rules({ place }: { place: RulesPlace }) {
  const { data, error, refetch } = useQuery(rulesQuery(place));
  const [adding, setAdding] = useState(false);
  const { write } = useRuleMutations(place);
  const taken = data?.map(({ key }) => key) ?? [];
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <Heading place={place} />
        <Button variant="primary" disabled={!data || adding} onClick={() => setAdding(true)}>
          <Plus aria-hidden="true" /> New rule
        </Button>
      </div>
      {error && !data && <ErrorState error={error} title="The rules could not be loaded" onRetry={() => void refetch()} />}
      {!error && !data && <Skeleton className="h-120 w-full" />}
      {adding && (
        <Card aria-label="New rule" className="max-w-5xl p-4">
          <RuleEditor
            start={startDraft()}
            fixedKind={false}
            saving={write.isPending}
            error={write.error}
            onCancel={() => {
              write.reset();
              setAdding(false);
            }}
            onSave={(draft) => write.mutate({ key: keyFor(draft.name, taken), draft }, { onSuccess: () => setAdding(false) })}
          />
        </Card>
      )}
      {data && (
        <ul className="grid gap-2 xl:grid-cols-2">
          {data.map((rule) => (
            <li key={rule.key}>
              <RuleCard place={place} rule={rule} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Heading({ place }: { place: RulesPlace }) {
  return "run" in place ? <RunHeading runId={place.run} /> : <ProjectHeading project={place.project} />;
}

function RunHeading({ runId }: { runId: string }) {
  const { data } = useQuery(runQuery(runId));
  return (
    <div className="min-w-0 flex-1 basis-72">
      <h1 className="text-xl font-semibold tracking-tight">Rules of one run</h1>
      <p className="min-h-5 text-muted">
        {data && (
          <>
            <Link to="/runs/$runId" params={{ runId }} className="rounded-sm text-accent underline-offset-4 hover:underline">
              {data.name}
            </Link>
            . What is changed here counts for it alone; the rest comes from{" "}
            <Link
              to="/rules"
              search={data.project === "default" ? {} : { project: data.project }}
              className="rounded-sm text-accent underline-offset-4 hover:underline"
            >
              the rules of {data.project}
            </Link>
            .
          </>
        )}
      </p>
    </div>
  );
}

function ProjectHeading({ project }: { project: string }) {
  const navigate = useNavigate();
  const { data } = useQuery(projectsQuery());
  const names = [...new Set([project, ...(data ?? []).map(({ name }) => name)])];
  return (
    <div className="flex min-w-0 flex-1 basis-72 flex-col gap-2">
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Rules</h1>
        <p className="text-muted">They watch every run of a project and say so on it when something is wrong.</p>
      </div>
      {names.length > 1 && (
        <Select
          aria-label="Project"
          className="max-w-72"
          value={project}
          onChange={(name) => void navigate({ to: "/rules", search: name === "default" ? {} : { project: name } })}
          options={names.map((name) => ({ value: name, label: name }))}
        />
      )}
    </div>
  );
}
