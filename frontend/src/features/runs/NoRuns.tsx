import { Link } from "@tanstack/react-router";
import { Rocket, SearchX, Trash2 } from "lucide-react";

import { Button } from "@/components/ui/button";
import { Code } from "@/components/ui/code";
import { EmptyState } from "@/components/ui/states";

interface Props {
  filtered: boolean;
  deleted: boolean;
  onClear: () => void;
}

/** An empty table: there are no runs yet, or none passes the filters. */
export function NoRuns({ filtered, deleted, onClear }: Props) {
  if (filtered) {
    return (
      <EmptyState
        icon={deleted ? <Trash2 aria-hidden="true" /> : <SearchX aria-hidden="true" />}
        title={deleted ? "No deleted runs" : "No run passes these filters"}
        action={<Button onClick={onClear}>{deleted ? "Back to all runs" : "Clear filters"}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={<Rocket aria-hidden="true" />}
      title="No runs yet"
      action={
        <Button asChild variant="primary">
          <Link to="/launch">Launch a run</Link>
        </Button>
      }
    >
      <p>
        Start one here, or let <Code>make demo</Code> (<Code>ahora demo</Code>) train GRPO and SA-AH-GRPO side by side on a tiny model: both are done
        within three minutes on a laptop.
      </p>
      <p className="mt-2">
        From a shell, <Code>ahora launch PRESET</Code> does the same as the form.
      </p>
    </EmptyState>
  );
}
