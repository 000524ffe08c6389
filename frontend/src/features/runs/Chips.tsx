import { X } from "lucide-react";

import { Button } from "@/components/ui/button";

import { parseCondition } from "./conditions";
import { shortLabel } from "./specs";

interface Props {
  where: readonly string[];
  groups: readonly string[];
  onEdit: (index: number) => void;
  onRemove: (index: number) => void;
  onUngroup: (name: string) => void;
}

const chip = "inline-flex h-7 max-w-full items-center rounded-full border border-line bg-surface pl-2.5 text-xs";

/** The conditions and groupings in force, each with a way to change it and to be rid of it. */
export function Chips({ where, groups, onEdit, onRemove, onUngroup }: Props) {
  if (where.length + groups.length === 0) return null;
  return (
    <ul aria-label="Conditions" className="flex flex-wrap items-center gap-1.5">
      {groups.map((name) => (
        <li key={name} className={chip}>
          <span className="truncate">
            <span className="text-muted">Grouped by</span> {shortLabel(name)}
          </span>
          <Remove label={`Do not group by ${shortLabel(name)}`} onClick={() => onUngroup(name)} />
        </li>
      ))}
      {where.map((text, index) => (
        <li key={text} className={chip}>
          <button type="button" title={text} onClick={() => onEdit(index)} className="min-w-0 truncate rounded-sm hover:text-accent">
            {describe(text)}
          </button>
          <Remove label={`Remove ${describe(text)}`} onClick={() => onRemove(index)} />
        </li>
      ))}
    </ul>
  );
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button variant="ghost" size="icon" aria-label={label} onClick={onClick} className="ml-0.5 size-6 rounded-full">
      <X aria-hidden="true" className="size-3.5!" />
    </Button>
  );
}

const WORDS: Record<string, string> = { "=": "is", "!=": "is not", "~": "contains", "!~": "does not contain", ">=": "≥", "<=": "≤" };

/** `learning_rate > 1e-5`, for people. */
export function describe(text: string): string {
  const found = parseCondition(text);
  if (!found) return text;
  const { column, operator, value } = found;
  if (value === "null") return `${shortLabel(column)} is ${operator === "=" ? "not set" : "set"}`;
  return `${shortLabel(column)} ${WORDS[operator] ?? operator} ${value.replaceAll('"', "").replaceAll("|", " or ")}`;
}
