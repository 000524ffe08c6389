import { Search, SlidersHorizontal } from "lucide-react";
import { useEffect, useMemo, useState } from "react";

import type { ExperimentPreview } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/states";
import { SearchInput } from "@/components/ui/input";
import { Switch } from "@/components/ui/switch";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";

import { FormContext, fieldId, type FormState } from "./form/context";
import { Problems } from "./form/Problems";
import { SectionCard } from "./form/SectionCard";
import { valuesText } from "./grid";
import { GridCard } from "./GridCard";
import { LaunchBar, LaunchDetailsCard } from "./LaunchPanel";
import { GENERAL, partsOf, sectionOf } from "./parts";
import { PreviewCard } from "./PreviewCard";
import { countUnder } from "./problems";
import type { Json } from "./schema";
import { anyMatches } from "./summary";
import { usePreview } from "./useExperiment";
import { useLaunch } from "./useLaunch";
import { useLaunchForm } from "./useLaunchForm";
import type { Start } from "./useStart";
import { getIn, nodeAt, parsePath } from "./values";
import { YamlEditor } from "./YamlEditor";

const NOTHING_VARIED: ReadonlySet<string> = new Set();

interface Props {
  given: Start;
  view: "form" | "yaml";
  grid: boolean;
  onView: (view: "form" | "yaml") => void;
}

/** The form of one start; another start mounts it anew. */
export function LaunchForm({ given, view, grid, onView }: Props) {
  const [start] = useState(given);
  const form = useLaunchForm(start, grid);
  const previewed = usePreview(form.config, form.details, grid);
  const launch = useLaunch(form);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set([GENERAL, "algorithm"]));
  const [query, setQuery] = useState("");
  const [showAdvanced, setShowAdvanced] = useState(false);
  const [syntax, setSyntax] = useState<string | null>(null);
  const [target, setTarget] = useState<{ path: string } | null>(null);
  const parts = useMemo(() => partsOf(start.root), [start.root]);

  useEffect(() => {
    if (!target) return;
    // the section has been opened by the render before this effect
    const name = CSS.escape(target.path);
    const element =
      document.getElementById(fieldId(target.path)) ??
      document.querySelector(`#${name}, [data-path="${name}"], [data-section="${name}"]`);
    if (!(element instanceof HTMLElement)) return;
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
  }, [target]);

  const jumpTo = (path: string) => {
    onView("form");
    setQuery("");
    const keys = parsePath(path);
    const lies = keys.map((_, depth) => nodeAt(start.root, form.config, keys.slice(0, depth + 1)));
    if (lies.some((node) => node?.advanced)) setShowAdvanced(true);
    setOpen((before) => new Set(before).add(sectionOf(start.root, path)));
    setTarget({ path });
  };

  const vary = (field: string, value: Json) => {
    const { axes } = form.details;
    form.setDetails({ axes: [...axes, { field, values: valuesText([value]) }] });
    setTarget({ path: `launch.axes.${axes.length}` });
  };

  const state: FormState = {
    root: start.root,
    config: form.config,
    changed: form.changed,
    problems: form.problems,
    query: query.trim(),
    showAdvanced,
    touched: form.touched,
    setValue: form.setValue,
    resetValue: form.resetValue,
    chooseVariant: form.chooseVariant,
    varied: grid ? new Set(form.details.axes.map((axis) => axis.field.trim())) : NOTHING_VARIED,
    vary: grid ? vary : null,
    jumpTo,
  };

  const count = countUnder(form.problems, "");
  const wrongDetails = form.detailProblems.length;
  const reason = syntax ?? (grid ? gridReason(previewed.preview, wrongDetails) : reasonFor(count, wrongDetails));
  const toFirstProblem = () => {
    const [first] = [...form.problems.keys()].filter((key) => key !== "");
    if (first !== undefined) jumpTo(first);
    else if (form.detailProblems[0]?.path.startsWith("axes")) setTarget({ path: `launch.${form.detailProblems[0].path}` });
    else if (wrongDetails > 0) setTarget({ path: `launch-${form.detailProblems[0]?.path.split(".")[0] ?? ""}` });
    else window.scrollTo({ top: 0 });
  };

  const shown = parts.filter((part) => !state.query || anyMatches(part.node, partValue(form.config, part.key), part.path, state.query));
  const bar = <LaunchBar form={form} launch={launch} previewed={previewed} reason={reason} onFirstProblem={toFirstProblem} />;
  return (
    <FormContext value={state}>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0 space-y-3">
          <div className="flex min-h-8 flex-wrap items-center gap-2 text-xs text-muted">
            <span>
              {form.changed.size === 0 ? "As it started." : `${form.changed.size} ${form.changed.size === 1 ? "value" : "values"} changed.`}
              {form.restored && form.dirty && " Your draft was put back."}
            </span>
            {form.dirty && (
              <Button size="sm" variant="ghost" onClick={form.startAfresh}>
                Start afresh
              </Button>
            )}
          </div>
          {grid && (
            <>
              <GridCard form={form} />
              <PreviewCard previewed={previewed} />
              <h2 className="pt-2 text-base font-semibold">Base configuration</h2>
            </>
          )}
          <Problems problems={form.problems.get("") ?? []} boxed />
          <Tabs value={view} onValueChange={(next) => onView(next === "yaml" ? "yaml" : "form")}>
            <TabsList>
              <TabsTrigger value="form" disabled={syntax !== null}>
                Form
              </TabsTrigger>
              <TabsTrigger value="yaml">YAML</TabsTrigger>
            </TabsList>
            <TabsContent value="form" className="space-y-2">
              <div className="flex flex-wrap items-center gap-x-4 gap-y-2 pb-1">
                <SearchInput
                  className="min-w-0 flex-1 basis-52"
                  aria-label="Search fields"
                  placeholder="Search fields, such as learning rate"
                  value={query}
                  onChange={(event) => setQuery(event.target.value)}
                />
                <label htmlFor="show-advanced" className="flex items-center gap-2">
                  <SlidersHorizontal aria-hidden="true" className="size-4 text-muted" />
                  Show advanced
                  <Switch id="show-advanced" checked={showAdvanced} onCheckedChange={setShowAdvanced} />
                </label>
                <Button
                  size="sm"
                  variant="ghost"
                  onClick={() => setOpen(open.size >= parts.length ? new Set() : new Set(parts.map((part) => part.key)))}
                >
                  {open.size >= parts.length ? "Fold all" : "Open all"}
                </Button>
              </div>
              {shown.map((part) => (
                <SectionCard
                  key={part.key}
                  node={part.node}
                  path={part.path}
                  title={part.title}
                  value={partValue(form.config, part.key)}
                  open={state.query !== "" || open.has(part.key)}
                  onToggle={() => setOpen((before) => toggled(before, part.key))}
                />
              ))}
              {shown.length === 0 && (
                <EmptyState
                  icon={<Search aria-hidden="true" />}
                  title={`No field answers “${state.query}”`}
                  action={<Button onClick={() => setQuery("")}>Clear the search</Button>}
                >
                  Fields are found by name, title and help text.
                </EmptyState>
              )}
            </TabsContent>
            <TabsContent value="yaml">
              <YamlEditor config={form.config} onChange={form.setConfig} onSyntax={setSyntax} />
            </TabsContent>
          </Tabs>
        </div>
        <aside className="min-w-0 space-y-3 lg:sticky lg:top-16 lg:max-h-[calc(100dvh-5rem)] lg:overflow-y-auto">
          <div className="hidden rounded-lg border border-line bg-surface p-4 pt-3 lg:block">{bar}</div>
          <LaunchDetailsCard form={form} />
        </aside>
      </div>
      {/* small screens: above the navigation, always in reach */}
      <div className="sticky bottom-14 z-20 -mx-4 border-t border-line bg-surface px-4 pt-2 pb-3 sm:bottom-0 lg:hidden">{bar}</div>
    </FormContext>
  );
}

/** Why a grid cannot be launched; null when it can. */
function gridReason(preview: ExperimentPreview | undefined, details: number): string | null {
  if (details > 0) return reasonFor(0, details);
  if (!preview) return null;
  if (preview.problems.length > 0) return "The grid makes no experiment.";
  const wrong = preview.cells.filter((cell) => cell.problems.length > 0).length;
  if (wrong === 0) return null;
  return wrong === 1 ? "One configuration is not valid." : `${wrong} configurations are not valid.`;
}

function partValue(config: FormState["config"], key: string) {
  return key === GENERAL ? config : (getIn(config, [key]) ?? null);
}

function toggled(set: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

function reasonFor(problems: number, details: number): string | null {
  const total = problems + details;
  if (total === 0) return null;
  return total === 1 ? "One field needs your attention." : `${total} fields need your attention.`;
}
