import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { errorMessage } from "@/api/errors";
import type { BulkAnswer } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { toast } from "@/components/ui/toast";

import { changeRuns, type BulkChange, useBulk } from "./useBulk";

export type Asked = "stop" | "pause" | "resume" | "retry" | "delete" | "restore" | "tag";

interface Words {
  title: string;
  button: string;
  done: string;
  says: string;
}

const WORDS: Record<Asked, Words> = {
  stop: {
    title: "Stop",
    button: "Stop",
    done: "will be stopped",
    says: "The step under way is finished or given up, and a checkpoint of the last step is kept. A run that still waits just leaves the queue.",
  },
  pause: { title: "Pause", button: "Pause", done: "will be paused", says: "A checkpoint of the last step is kept and the device is free." },
  resume: { title: "Resume", button: "Resume", done: "will be queued again", says: "Each goes on from its newest checkpoint." },
  retry: { title: "Try again:", button: "Try again", done: "will be queued again", says: "Each goes on from its newest checkpoint." },
  delete: {
    title: "Delete",
    button: "Delete",
    done: "will leave the lists",
    says: "Metrics, logs and checkpoints stay, and they can be restored from the deleted runs. Runs at work are not deleted: stop them first.",
  },
  restore: { title: "Restore", button: "Restore", done: "will be back in the lists", says: "" },
  tag: { title: "Tag", button: "Change tags", done: "will have other tags", says: "" },
};

interface Props {
  action: Asked;
  ids: readonly string[];
  knownTags: readonly string[];
  onClose: () => void;
  onDone: () => void;
}

const runs = (count: number) => `${count.toLocaleString("en-US")} ${count === 1 ? "run" : "runs"}`;
const tagsOf = (text: string) => [...new Set(text.split(",").map((tag) => tag.trim()))].filter(Boolean);

/** Says what would happen to each of many runs before it does, and afterwards what did. */
export function BulkDialog({ action, ids, knownTags, onClose, onDone }: Props) {
  const words = WORDS[action];
  const [reason, setReason] = useState("");
  const [add, setAdd] = useState("");
  const [remove, setRemove] = useState("");
  const [behind, setBehind] = useState(0);
  const [refused, setRefused] = useState<BulkAnswer | null>(null);
  const bulk = useBulk(setBehind);
  const tags = action === "tag";
  const [added, removed] = [tagsOf(add), tagsOf(remove)];
  const change: BulkChange = { action, add: added, remove: removed, reason: reason.trim() };
  // tags depend on what is written: they are never refused for anything else
  const trial = useQuery({
    queryKey: ["bulk-trial", action, ids],
    queryFn: () => changeRuns(ids, { action }, true),
    enabled: !tags,
    staleTime: 0,
    gcTime: 0,
  });
  const count = tags ? ids.length : (trial.data?.done ?? 0);
  const nothing = tags ? added.length + removed.length === 0 : trial.data !== undefined && count === 0;
  const confirm = () =>
    bulk.mutate(
      { ids, change },
      {
        onSuccess: (answer) => {
          if (answer.done > 0) toast.success(`${runs(answer.done)}: done.`);
          onDone();
          const unexpected = answer.refused > (trial.data?.refused ?? 0);
          if (unexpected) setRefused(answer);
          else onClose();
        },
      },
    );
  const shown = refused ?? trial.data;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={refused ? "Not all of it was done" : `${words.title} ${runs(ids.length)}?`}
      description={refused ? undefined : words.says || undefined}
      footer={
        <>
          <Button onClick={onClose}>{refused ? "Close" : "Cancel"}</Button>
          {!refused && (
            <Button
              variant={action === "stop" || action === "delete" ? "danger" : "primary"}
              disabled={bulk.isPending || nothing || (!tags && !trial.data)}
              onClick={confirm}
            >
              {bulk.isPending ? `${behind} of ${ids.length}…` : `${words.button}${tags || !trial.data ? "" : ` ${runs(count)}`}`}
            </Button>
          )}
        </>
      }
    >
      {tags && (
        <div className="flex flex-col gap-3">
          <TagInput id="bulk-add" label="Add tags, with commas between" value={add} onChange={setAdd} known={knownTags} />
          <TagInput id="bulk-remove" label="Remove tags" value={remove} onChange={setRemove} known={knownTags} />
        </div>
      )}
      {!tags && !shown && !trial.error && <p role="status">Looking at each of them…</p>}
      {shown && <Outcome answer={shown} words={words} past={refused !== null} />}
      {(action === "stop" || action === "pause") && !refused && (
        <div className="flex flex-col gap-1">
          <Label htmlFor="bulk-reason">Reason (optional, shown to the team)</Label>
          <Input id="bulk-reason" value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />
        </div>
      )}
      {(bulk.error ?? trial.error) && (
        <p role="alert" className="text-danger">
          {errorMessage(bulk.error ?? trial.error)}
        </p>
      )}
    </Dialog>
  );
}

/** How many, and for what reasons the others not. */
function Outcome({ answer, words, past }: { answer: BulkAnswer; words: Words; past: boolean }) {
  const reasons = new Map<string, number>();
  for (const { outcome, detail, name } of answer.results) {
    if (outcome !== "refused") continue;
    // the same reason for many runs is said once
    const reason = detail.replace(`The run '${name}' is`, "it is").replace(/ Possible are:.*$/, "");
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return (
    <ul aria-label="What happens" className="flex flex-col gap-1">
      {!past && (
        <li>
          <strong className="font-medium">{runs(answer.done)}</strong> {words.done}.
        </li>
      )}
      {answer.unchanged > 0 && <li className="text-muted">{runs(answer.unchanged)} already so.</li>}
      {[...reasons].slice(0, 6).map(([reason, count]) => (
        <li key={reason} className="text-muted">
          {runs(count)} will be left as {count === 1 ? "it is" : "they are"}: {reason}
        </li>
      ))}
    </ul>
  );
}

interface TagInputProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  known: readonly string[];
}

function TagInput({ id, label, value, onChange, known }: TagInputProps) {
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>{label}</Label>
      <Input id={id} list={`${id}-known`} value={value} onChange={(event) => onChange(event.target.value)} />
      <datalist id={`${id}-known`}>
        {known.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </div>
  );
}
