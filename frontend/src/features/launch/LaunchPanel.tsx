import { CircleAlert, Clock, Rocket } from "lucide-react";
import { useId, type ReactNode } from "react";

import { errorMessage } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input, Textarea } from "@/components/ui/input";
import { Label } from "@/components/ui/label";

import { experimentName } from "./grid";
import { ProjectInput } from "./ProjectInput";
import { parseSeeds } from "./seeds";
import type { ListNode } from "./schema";
import type { Previewed } from "./useExperiment";
import type { Launch } from "./useLaunch";
import type { LaunchForm } from "./useLaunchForm";
import { ValueList } from "./form/ValueList";

interface Props {
  form: LaunchForm;
}

const TAGS: ListNode = {
  kind: "list",
  key: "tags",
  title: "Tags",
  help: "",
  unit: "",
  advanced: false,
  nullable: false,
  required: false,
  default: [],
  minItems: 0,
  maxItems: 49,
  item: {
    kind: "text",
    key: "",
    title: "",
    help: "",
    unit: "",
    advanced: false,
    nullable: false,
    required: true,
    default: undefined,
    minLength: 1,
    maxLength: 60,
    pattern: undefined,
    multiline: false,
    dataset: false,
  },
};

/** Name, project, tags, seeds ...: what is launched besides the configuration. */
export function LaunchDetailsCard({ form }: Props) {
  const { details, setDetails, detailProblems } = form;
  const problem = (path: string) => detailProblems.find((one) => one.path === path || one.path.startsWith(`${path}.`));
  const seeds = parseSeeds(details.seeds).seeds ?? [];
  const seed = form.config.seed;
  const row = (path: string, label: string, hint: ReactNode, control: (aria: Aria) => ReactNode) => {
    const wrong = problem(path);
    const id = `launch-${path}`;
    return (
      <div data-path={`launch.${path}`} className="min-w-0 space-y-1">
        <Label htmlFor={id}>{label}</Label>
        {control({ id, "aria-invalid": wrong !== undefined, "aria-describedby": `${id}-note` })}
        <p id={`${id}-note`} className={wrong ? "text-xs text-danger" : "text-xs text-muted"}>
          {wrong ? `${wrong.message}${wrong.remedy ? `. ${wrong.remedy}` : ""}` : hint}
        </p>
      </div>
    );
  };
  return (
    <Card className="space-y-3 p-4" aria-label="Launch">
      <h2 className="font-semibold">This launch</h2>
      {row("name", "Name", form.grid ? "" : "Empty takes one from algorithm, model and seed.", (aria) => (
        <Input
          {...aria}
          placeholder={form.grid ? experimentName(form.start.title, details.axes) : undefined}
          value={details.name} 
          autoComplete="off"
          onChange={(event) => setDetails({ name: event.target.value })}
        />
      ))}
      {row("seeds", "Seeds", form.grid ? "Each configuration is run with each, such as 1-5." : seedsHint(seeds.length, seed), (aria) => (
        <Input
          {...aria}
          className="tabular"
          placeholder={typeof seed === "number" ? String(seed) : ""}
          value={form.grid ? details.gridSeeds : details.seeds}
          autoComplete="off"
          onChange={(event) => setDetails({ [form.grid ? "gridSeeds" : "seeds"]: event.target.value })}
        />
      ))}
      {!form.grid &&
        seeds.length > 1 &&
        row("groupTag", "Tag of these runs", "Finds them again in the table; empty gives none.", (aria) => (
          <Input {...aria} value={details.groupTag} autoComplete="off" onChange={(event) => setDetails({ groupTag: event.target.value })} />
        ))}
      {row("project", "Project", "", (aria) => (
        <ProjectInput {...aria} value={details.project} onChange={(project) => setDetails({ project })} />
      ))}
      {row("tags", "Tags", "", (aria) => (
        <ValueList
          node={TAGS}
          value={details.tags}
          control={aria}
          label="tags"
          onChange={(tags) => setDetails({ tags: Array.isArray(tags) ? tags.map(String) : [] })}
        />
      ))}
      {row("priority", "Priority", "Higher is claimed first; equal ones by age.", (aria) => (
        <Input
          {...aria}
          inputMode="numeric"
          className="tabular"
          value={details.priority}
          autoComplete="off"
          onChange={(event) => setDetails({ priority: event.target.value })}
        />
      ))}
      {row("notes", "Notes", "", (aria) => (
        <Textarea {...aria} rows={3} className="min-h-0" value={details.notes} onChange={(event) => setDetails({ notes: event.target.value })} />
      ))}
    </Card>
  );
}

interface Aria {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string;
}

function seedsHint(count: number, seed: unknown): string {
  if (count > 1) return `Launches ${count} runs, one a seed.`;
  if (count === 1) return "Takes the place of the configuration's seed.";
  return `Such as 0,1,2 or 0-4: one run each. Empty takes seed ${String(seed)}.`;
}

/** Which workers could take what is launched. */
function takersText({ grid, validation }: LaunchForm): string {
  if (grid) return "Valid. Workers that are online can run it.";
  const workers = validation.verdict?.workers ?? [];
  const [first] = workers;
  if (first === undefined) return "Valid. A worker that is online can run it.";
  if (workers.length === 1) return `Valid. The worker ${first} can run it.`;
  const shown = workers.slice(0, 4).join(", ");
  return `Valid. ${workers.length} workers can run it: ${shown}${workers.length > 4 ? " …" : ""}`;
}

interface BarProps {
  form: LaunchForm;
  launch: Launch;
  previewed: Previewed;
  /** Why nothing can be launched; null when it can. */
  reason: string | null;
  onFirstProblem: () => void;
}

/** The button, why it is off, and what a launch would wait for. */
export function LaunchBar({ form, launch, previewed, reason, onFirstProblem }: BarProps) {
  const count = form.grid ? (previewed.preview?.runs ?? 0) : Math.max(1, parseSeeds(form.details.seeds).seeds?.length ?? 1);
  const reasonId = useId();
  const validation = form.grid ? previewed : form.validation;
  const waits = form.grid
    ? previewed.preview?.cells.find((cell) => cell.waits_for !== null)?.waits_for
    : form.validation.verdict?.waitsFor;
  // what is launched is what the preview shows
  const unseen = form.grid && (previewed.pending || count === 0);
  const disabled = reason !== null || launch.pending || unseen;
  return (
    <div className="space-y-2" role="group" aria-label="Launch">
      <div aria-live="polite" className="min-h-5 space-y-1 text-xs">
        {launch.error && (
          <p role="alert" className="flex gap-1.5 text-danger">
            <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
            <span className="min-w-0 break-words">Not launched: {errorMessage(launch.error)}</span>
          </p>
        )}
        {reason !== null ? (
          <p id={reasonId} className="flex gap-1.5 text-danger">
            <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
            <span>
              {reason}{" "}
              <button type="button" className="underline underline-offset-2" onClick={onFirstProblem}>
                Show
              </button>
            </span>
          </p>
        ) : validation.error ? (
          <p className="text-warning">Could not be checked: {errorMessage(validation.error)}</p>
        ) : waits ? (
          <p className="flex gap-1.5 text-warning">
            <Clock className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
            <span className="min-w-0 break-words">Will wait: {waits}</span>
          </p>
        ) : (
          <p className="text-muted">{validation.pending ? "Checking …" : takersText(form)}</p>
        )}
      </div>
      <Button
        variant="primary"
        size="lg"
        className="w-full aria-disabled:cursor-not-allowed aria-disabled:opacity-50"
        aria-disabled={disabled}
        aria-describedby={reason === null ? undefined : reasonId}
        onClick={() => {
          if (reason !== null) onFirstProblem();
          else if (!unseen) launch.launch();
        }}
      >
        <Rocket aria-hidden="true" />
        {launch.pending ? "Launching …" : count > 1 ? `Launch ${count} runs` : "Launch"}
      </Button>
    </div>
  );
}
