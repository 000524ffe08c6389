import { Pencil } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useState } from "react";

import { cn } from "@/lib/cn";

import { Button } from "./ui/button";
import { Input } from "./ui/input";

interface Props {
  value: string;
  label: string;
  onSave: (value: string) => void;
  /** What is shown while it is not edited. */
  children: ReactNode;
  maxLength?: number;
  /** Whether nothing at all may be saved. */
  mayBeEmpty?: boolean;
  placeholder?: string;
  className?: string;
  inputClassName?: string;
}

/** A text with a pencil beside it. Enter or leaving saves, Escape leaves it as it was. */
export function InlineEdit({
  value,
  label,
  onSave,
  children,
  maxLength = 200,
  mayBeEmpty = false,
  placeholder,
  className,
  inputClassName,
}: Props) {
  const [draft, setDraft] = useState<string | null>(null);

  const finish = (save: boolean) => {
    const text = draft?.trim() ?? "";
    setDraft(null);
    if (save && (text || mayBeEmpty) && text !== value) onSave(text);
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    finish(true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    finish(false);
  };

  if (draft !== null) {
    return (
      <form onSubmit={submit} className={cn("min-w-0 flex-1", className)}>
        <Input
          // the person has just asked to edit this very text
          // eslint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          aria-label={label}
          value={draft}
          maxLength={maxLength}
          placeholder={placeholder}
          onChange={(event) => setDraft(event.target.value)}
          onFocus={(event) => event.target.select()}
          onBlur={() => finish(true)}
          onKeyDown={onKeyDown}
          className={inputClassName}
        />
      </form>
    );
  }
  return (
    // room for the pencil is made only when it shows: until then the text has it
    <div
      className={cn(
        "group/edit relative flex w-fit max-w-full min-w-0 items-center focus-within:pr-7 hover:pr-7 pointer-coarse:pr-7",
        className,
      )}
    >
      {children}
      <Button
        size="icon"
        variant="ghost"
        aria-label={label}
        onClick={() => setDraft(value)}
        className="pointer-events-none absolute right-0 size-6 opacity-0 group-hover/edit:pointer-events-auto group-hover/edit:opacity-100 focus-visible:opacity-100 pointer-coarse:pointer-events-auto pointer-coarse:opacity-100"
      >
        <Pencil aria-hidden="true" className="size-3.5!" />
      </Button>
    </div>
  );
}
