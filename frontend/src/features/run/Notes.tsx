import { NotebookPen } from "lucide-react";
import { useState } from "react";

import type { Run } from "@/api/types";
import { useRunMutations } from "@/components/runs/useRunMutations";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";

/** Free text about the run, for the team. */
export function Notes({ run }: { run: Run }) {
  const { update } = useRunMutations();
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null) {
    return (
      <div className="flex items-start gap-2">
        {run.notes && <p className="min-w-0 border-l-2 border-line pl-3 break-words whitespace-pre-wrap">{run.notes}</p>}
        <Button variant="ghost" size="sm" onClick={() => setDraft(run.notes)} className="-ml-2">
          <NotebookPen aria-hidden="true" /> {run.notes ? "Edit notes" : "Add notes"}
        </Button>
      </div>
    );
  }
  const save = () => update.mutate({ run, changes: { notes: draft } }, { onSuccess: () => setDraft(null) });
  return (
    <div className="flex flex-col items-start gap-2">
      <Textarea
        // the person has just asked to write
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        aria-label="Notes"
        rows={4}
        maxLength={20_000}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
      <div className="flex gap-2">
        <Button variant="primary" size="sm" onClick={save} disabled={update.isPending}>
          Save notes
        </Button>
        <Button size="sm" onClick={() => setDraft(null)}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
