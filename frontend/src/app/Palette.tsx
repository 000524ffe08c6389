import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { Dialog } from "radix-ui";
import { Fragment, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { errorMessage } from "@/api/errors";
import { runList } from "@/api/queries";
import { StatusBadge } from "@/components/runs/StatusBadge";
import { Keys } from "@/components/ui/keys";
import { cn } from "@/lib/cn";
import { useAllActions } from "@/lib/actions";
import { useDebounced } from "@/lib/useDebounced";

import { entriesOf, type Entry, type Found, hasWords, matching } from "./paletteEntries";

const RUNS = 8;

/** Goes to any page, finds any run, and does what can be done here: Ctrl-K. */
export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const q = useDebounced(text.trim(), 150);
  const runs = useInfiniteQuery(runList(q ? { q } : {}, RUNS));
  const waiting = runs.isPlaceholderData || q !== text.trim();
  const found: Found[] = (runs.data?.pages[0]?.items ?? [])
    // until the answer is there Enter must not open what was found for other words
    .filter((run) => !waiting || hasWords(text, [run.name, run.id, ...run.tags]))
    .map((run) => ({ run, open: () => void navigate({ to: "/runs/$runId", params: { runId: run.id } }) }));
  const entries = entriesOf(matching(useAllActions(), text), found);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12dvh] left-1/2 z-50 flex max-h-[70dvh] w-[min(38rem,calc(100vw-1.5rem))] -translate-x-1/2 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-pop"
        >
          <Dialog.Title className="sr-only">Command palette</Dialog.Title>
          <Picker
            text={text}
            onText={setText}
            entries={entries}
            onPick={(entry) => {
              onClose();
              entry.run();
            }}
          />
          <p role="status" className="border-t border-line px-4 py-2 text-xs text-muted">
            {runs.error
              ? `Runs could not be searched: ${errorMessage(runs.error)}`
              : entries.length > 0 || waiting || runs.isPending
                ? "Enter does it, Escape closes"
                : "Nothing has these words. Runs are found by name, id, tag, model and notes."}
          </p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface PickerProps {
  text: string;
  onText: (text: string) => void;
  entries: readonly Entry[];
  onPick: (entry: Entry) => void;
}

/** A field with the list of what fits, walked with the arrow keys. */
function Picker({ text, onText, entries, onPick }: PickerProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const place = Math.max(
    entries.findIndex((entry) => entry.id === chosen),
    0,
  );
  const active = entries[place];
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active?.id]);
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: entries.length - 1 };
    const next = steps[event.key];
    if (next !== undefined && entries.length > 0) {
      event.preventDefault();
      setChosen(entries[(next + entries.length) % entries.length]?.id ?? null);
    } else if (event.key === "Enter" && active) {
      event.preventDefault();
      onPick(active);
    }
  };
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden="true" className="size-4 shrink-0 text-muted" />
        <input
          role="combobox"
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={active && `${id}-${active.id}`}
          aria-label="What to do or which run to open"
          placeholder="Go to a page, find a run, do something"
          className="h-12 min-w-0 flex-1 bg-transparent text-[15px] outline-none"
          value={text}
          onChange={(event) => {
            onText(event.target.value);
            setChosen(null);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="What fits" className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {entries.map((entry, index) => (
          <Fragment key={entry.id}>
            {entry.group !== entries[index - 1]?.group && (
              <div role="presentation" className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted">
                {entry.group}
              </div>
            )}
            {/* keys go to the field, which says which entry is active */}
            {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
            <div
              id={`${id}-${entry.id}`}
              role="option"
              aria-selected={entry === active}
              className={cn("flex cursor-pointer items-center gap-3 rounded-md px-2.5 py-1.5", entry === active && "bg-surface-2")}
              onMouseMove={() => setChosen(entry.id)}
              onClick={() => onPick(entry)}
            >
              <span className="min-w-0 truncate">{entry.label}</span>
              {entry.detail && <span className="min-w-0 shrink-[99] truncate text-xs text-muted">{entry.detail}</span>}
              <span className="ml-auto shrink-0">
                {entry.keys && <Keys keys={entry.keys} />}
                {entry.status && <StatusBadge status={entry.status} />}
              </span>
            </div>
          </Fragment>
        ))}
      </div>
    </>
  );
}
