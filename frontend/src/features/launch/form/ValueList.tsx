import { X } from "lucide-react";
import { useState } from "react";

import { cn } from "@/lib/cn";

import { checkConfig } from "../check";
import type { Json, ListNode } from "../schema";
import type { ControlProps } from "./FieldRow";

interface Props {
  node: ListNode;
  value: Json;
  onChange: (value: Json) => void;
  control: ControlProps;
  label: string;
}

/** A list of plain values: each is added with Enter or a comma, and removed with its cross or Backspace. */
export function ValueList({ node, value, onChange, control, label }: Props) {
  const [text, setText] = useState("");
  const items = Array.isArray(value) ? value : [];
  const numeric = node.item.kind === "number";
  const add = (typed: string) => {
    const parts = typed
      .split(numeric ? /[\s,;]+/ : /[,\n]/)
      .map((part) => part.trim())
      .filter(Boolean);
    if (parts.length === 0) return;
    const values = parts.map((part): Json => (numeric && Number.isFinite(Number(part)) ? Number(part) : part));
    onChange([...items, ...values.filter((one) => !items.includes(one))]);
    setText("");
  };
  return (
    <div
      className={cn(
        "flex min-h-8 w-full flex-wrap items-center gap-1 rounded-md border border-line-strong/70 bg-surface px-1.5 py-1",
        control["aria-invalid"] && "border-danger",
      )}
    >
      {items.map((item, index) => {
        const wrong = checkConfig(node.item, item).length > 0;
        const name = typeof item === "object" ? JSON.stringify(item) : String(item);
        return (
          <span
            key={`${index} ${name}`}
            className={cn("flex max-w-full items-center gap-0.5 rounded bg-surface-2 pl-1.5 text-xs", wrong && "bg-danger-soft text-danger")}
          >
            <span className="truncate tabular">{name}</span>
            <button
              type="button"
              aria-label={`Remove ${name}`}
              className="rounded p-1 text-muted hover:text-text"
              onClick={() => onChange(items.filter((_, other) => other !== index))}
            >
              <X className="size-3" aria-hidden="true" />
            </button>
          </span>
        );
      })}
      <input
        {...control}
        className="h-6 min-w-24 flex-1 bg-transparent px-1 outline-none"
        placeholder={items.length === 0 ? "Add, Enter" : ""}
        aria-label={`Add to ${label}`}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          if (next.endsWith(",")) add(next);
          else setText(next);
        }}
        onBlur={() => add(text)}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            add(text);
          } else if (event.key === "Backspace" && text === "") {
            onChange(items.slice(0, -1));
          }
        }}
      />
    </div>
  );
}
