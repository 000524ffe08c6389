import { Pencil, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";

import { errorMessage } from "@/api/errors";
import type { RulesPlace } from "@/api/queries";
import type { Rule } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Switch } from "@/components/ui/switch";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";

import { RuleEditor } from "./RuleEditor";
import { toDraft } from "./ruleForm";
import { useRuleMutations } from "./useRuleMutations";

/** One rule: what it waits for, whether it is on, and its fields to edit. */
export function RuleCard({ place, rule }: { place: RulesPlace; rule: Rule }) {
  const [editing, setEditing] = useState(false);
  const { write, remove } = useRuleMutations(place);
  const here = "run" in place ? rule.origin === "run" : rule.origin === "project";
  const toggle = (enabled: boolean) =>
    write.mutate(
      { key: rule.key, draft: { ...toDraft(rule), enabled } },
      { onError: (error) => toast.error(`Not saved: ${errorMessage(error)}`) },
    );
  return (
    <Card aria-labelledby={`rule-${rule.key}`} className="flex flex-col gap-3 px-4 py-3">
      <div className="flex items-start gap-x-3">
        <Switch
          className="mt-1"
          aria-labelledby={`rule-${rule.key}`}
          checked={rule.enabled}
          disabled={write.isPending}
          onCheckedChange={toggle}
        />
        <div className={cn("min-w-0 flex-1", !rule.enabled && "text-muted")}>
          <div className="flex flex-wrap items-center gap-2">
            <h2 id={`rule-${rule.key}`} className="font-semibold break-words">
              {rule.name}
            </h2>
            {rule.action === "pause" && <Badge tone="accent">pauses the run</Badge>}
            <Badge tone="outline">{originWords(rule)}</Badge>
          </div>
          <p className="break-words">{rule.words}</p>
          {rule.advice && <p className="max-w-[90ch] text-xs break-words text-muted">{rule.advice}</p>}
        </div>
        <div className="-mr-1 flex gap-1">
          <Button variant="ghost" size="icon" aria-label={`Edit ${rule.name}`} aria-expanded={editing} onClick={() => setEditing(!editing)}>
            <Pencil aria-hidden="true" />
          </Button>
          {here && (
            <Button
              variant="ghost"
              size="icon"
              aria-label={rule.built_in || "run" in place ? `Undo the changes of ${rule.name}` : `Delete ${rule.name}`}
              title={rule.built_in || "run" in place ? "Undo what was changed here" : "Delete"}
              disabled={remove.isPending}
              onClick={() => remove.mutate(rule.key)}
            >
              {rule.built_in || "run" in place ? <RotateCcw aria-hidden="true" /> : <Trash2 aria-hidden="true" />}
            </Button>
          )}
        </div>
      </div>
      {editing && (
        <RuleEditor
          start={toDraft(rule)}
          fixedKind={rule.built_in}
          saving={write.isPending}
          error={write.error}
          onCancel={() => {
            write.reset();
            setEditing(false);
          }}
          onSave={(draft) => write.mutate({ key: rule.key, draft }, { onSuccess: () => setEditing(false) })}
        />
      )}
    </Card>
  );
}

function originWords({ origin, built_in }: Rule): string {
  if (origin === "built-in") return "built in";
  if (origin === "run") return "of this run";
  return built_in ? "built in, changed by the project" : "of the project";
}
