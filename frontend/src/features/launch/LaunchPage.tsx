import { useNavigate, useSearch } from "@tanstack/react-router";

import { Segmented } from "@/components/ui/segmented";
import { ErrorState } from "@/components/ui/states";
import { Skeleton } from "@/components/ui/skeleton";
import { useTitle } from "@/lib/useTitle";

import { LaunchForm } from "./LaunchForm";
import { validateLaunchSearch } from "./search";
import { StartPicker } from "./StartPicker";
import { useStart } from "./useStart";

const MODES = [
  { value: "run", label: "One run" },
  { value: "grid", label: "Grid" },
] as const;

/** `/launch`, `/launch?preset=NAME` and `/launch?from=RUN`; with `grid=true` a grid of runs. */
export function LaunchPage() {
  const search = validateLaunchSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  useTitle("Launch");
  const { start, presets, error, retry } = useStart(search);
  const change = (part: { view?: "yaml" | undefined; grid?: true | undefined }) =>
    void navigate({ to: "/launch", search: { ...search, ...part }, replace: true, resetScroll: false });
  return (
    <div className="mx-auto max-w-6xl space-y-4">
      <header>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <h1 className="text-xl font-semibold">{search.grid ? "Launch an experiment" : "Launch a run"}</h1>
          <Segmented
            label="What to launch"
            value={search.grid ? "grid" : "run"}
            onChange={(mode) => change({ grid: mode === "grid" ? true : undefined })}
            options={MODES}
          />
        </div>
        <p className="mt-1 text-muted">
          {search.grid
            ? "Start from a preset, say which fields take which values, and launch all combinations over several seeds as one."
            : "Start from a preset, change what you like, and launch. Every value is checked as you type."}
        </p>
      </header>
      <StartPicker
        presets={presets}
        search={search}
        cloned={start?.origin.kind === "run" ? start.title : null}
        dataset={start?.origin.kind === "dataset" ? start.title : null}
      />
      {error ? (
        <ErrorState title={search.from ? "This run cannot be cloned" : "The form could not be loaded"} error={error} onRetry={retry} />
      ) : start ? (
        <LaunchForm
          key={`${start.origin.kind} ${start.origin.id}`}
          given={start}
          view={search.view ?? "form"}
          grid={search.grid ?? false}
          onView={(view) => change({ view: view === "yaml" ? view : undefined })}
        />
      ) : (
        <FormSkeleton />
      )}
    </div>
  );
}

function FormSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]" role="status" aria-label="Loading the form">
      <div className="space-y-2">
        {Array.from({ length: 12 }, (_, index) => (
          <Skeleton key={index} className="h-11" />
        ))}
      </div>
      <Skeleton className="h-96" />
    </div>
  );
}
