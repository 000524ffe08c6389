import type { Run } from "@/api/types";
import { useRunMutations } from "@/components/runs/useRunMutations";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";

interface Props {
  run: Run;
  /** The text while it is edited, else null. */
  draft: string | null;
  onDraft: (draft: string | null) => void;
}

/** Free text about the run, for the team. */
export function Notes({ run, draft, onDraft }: Props) {
  const { update } = useRunMutations();
  if (draft === null) {
    return (
      run.notes && <p className="max-w-prose border-l-2 border-line pl-3 break-words whitespace-pre-wrap">{run.notes}</p>
    );
  }
  const save = () => update.mutate({ run, changes: { notes: draft } }, { onSuccess: () => onDraft(null) });
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
        onChange={(event) => onDraft(event.target.value)}
      />
      <div className="flex gap-2">
        <Button variant="primary" size="sm" onClick={save} disabled={update.isPending}>
          Save notes
        </Button>
        <Button size="sm" onClick={() => onDraft(null)}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
