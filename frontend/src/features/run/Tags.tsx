import { Plus, X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";

import type { Run } from "@/api/types";
import { useUpdateRun } from "@/components/runs/runMutations";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";

export function Tags({ run }: { run: Run }) {
  const update = useUpdateRun();
  const [draft, setDraft] = useState<string | null>(null);
  const save = (tags: string[]) => update.mutate({ run, changes: { tags }, version: run.version });
  const add = () => {
    const tag = draft?.trim() ?? "";
    setDraft(null);
    if (tag && !run.tags.includes(tag)) save([...run.tags, tag]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") add();
    if (event.key === "Escape") setDraft(null);
  };
  return (
    <ul aria-label="Tags" className="flex min-w-0 flex-wrap items-center gap-1.5">
      {run.tags.map((tag) => (
        <li key={tag} className="min-w-0">
          <Badge tone="outline" title={tag} className="pr-1">
            <span className="max-w-48 truncate">{tag}</span>
            <button
              type="button"
              aria-label={`Remove the tag ${tag}`}
              className="rounded-full p-0.5 hover:bg-surface-2 hover:text-text"
              onClick={() => save(run.tags.filter((one) => one !== tag))}
            >
              <X aria-hidden="true" className="size-3!" />
            </button>
          </Badge>
        </li>
      ))}
      <li>
        {draft === null ? (
          <Button variant="ghost" size="sm" onClick={() => setDraft("")}>
            <Plus aria-hidden="true" /> Tag
          </Button>
        ) : (
          <Input
            // the person has just asked to type a tag
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            aria-label="New tag"
            className="h-6 w-36"
            maxLength={60}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={add}
            onKeyDown={onKeyDown}
          />
        )}
      </li>
    </ul>
  );
}
