import { useNavigate, useSearch } from "@tanstack/react-router";

import { ErrorState } from "@/components/ui/states";
import { Skeleton } from "@/components/ui/skeleton";
import { useTitle } from "@/lib/useTitle";

import { LaunchForm } from "./LaunchForm";
import { validateLaunchSearch } from "./search";
import { StartPicker } from "./StartPicker";
import { useStart } from "./useStart";

/** `/launch`, `/launch?preset=NAME` and `/launch?from=RUN`. */
export function LaunchPage() {
  const search = validateLaunchSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  useTitle("Launch");
  const { start, presets, error, retry } = useStart(search);
  const setView = (view: "form" | "yaml") => {
    const next = { ...search, view: view === "yaml" ? view : undefined };
    void navigate({ to: "/launch", search: next, replace: true, resetScroll: false });
  };
  return (
    <div className="mx-auto max-w-6xl space-y-4">
      <header>
        <h1 className="text-xl font-semibold">Launch a run</h1>
        <p className="text-muted">Start from a preset, change what you like, and launch. Every value is checked as you type.</p>
      </header>
      <StartPicker presets={presets} search={search} cloned={start?.origin.kind === "run" ? start.title : null} />
      {error ? (
        <ErrorState title={search.from ? "This run cannot be cloned" : "The form could not be loaded"} error={error} onRetry={retry} />
      ) : start ? (
        <LaunchForm
          key={`${start.origin.kind} ${start.origin.id}`}
          given={start}
          view={search.view ?? "form"}
          onView={setView}
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
