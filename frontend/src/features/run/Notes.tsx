import { isStatus } from "@/api/errors";
import type { Run } from "@/api/types";
import { useUpdateRun } from "@/components/runs/runMutations";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";

export interface NotesDraft {
  text: string;
  /** Version of the run whose notes are edited; absent once the person knows of somebody else's edit. */
  version?: number | undefined;
}

interface Props {
  run: Run;
  /** The text while it is edited, else null. */
  draft: NotesDraft | null;
  onDraft: (draft: NotesDraft | null) => void;
}

/** Free text about the run, for the team. */
export function Notes({ run, draft, onDraft }: Props) {
  const update = useUpdateRun();
  if (draft === null) {
    return (
      run.notes && <p className="max-w-prose border-l-2 border-line pl-3 break-words whitespace-pre-wrap">{run.notes}</p>
    );
  }
  const { text, version } = draft;
  const conflict = version === undefined;
  const save = () =>
    update.mutate(
      { run, changes: { notes: text }, version },
      { onSuccess: () => onDraft(null), onError: (error) => isStatus(error, 412) && onDraft({ text }) },
    );
  return (
    <div className="flex flex-col items-start gap-2">
      <Textarea
        // the person has just asked to write
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        aria-label="Notes"
        rows={4}
        maxLength={20_000}
        value={text}
        onChange={(event) => onDraft({ text: event.target.value, version })}
      />
      {conflict && (
        <p className="max-w-prose break-words whitespace-pre-wrap text-warning">
          Somebody else edited this run meanwhile. Its notes are now: {run.notes || "none"}
        </p>
      )}
      <div className="flex gap-2">
        <Button variant="primary" size="sm" onClick={save} disabled={update.isPending}>
          {conflict ? "Replace their notes" : "Save notes"}
        </Button>
        <Button size="sm" onClick={() => onDraft(null)}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
