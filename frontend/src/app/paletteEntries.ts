// What the command palette lists for what somebody typed.
import type { RunSummary } from "@/api/types";
import { type Action, byGroup } from "@/lib/actions";

export interface Found {
  run: RunSummary;
  open: () => void;
}

export interface Entry {
  id: string;
  group: string;
  label: string;
  detail?: string;
  keys?: string;
  status?: RunSummary["status"];
  run: () => void;
}

/** Whether every word of `text` is in one of `texts`. */
export function hasWords(text: string, texts: readonly string[]): boolean {
  const held = texts.join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => held.includes(word));
}

/** The actions that have every word of `text`, those whose label begins with it first. */
export function matching(actions: readonly Action[], text: string): Action[] {
  const listed = actions.filter((action) => action.inPalette !== false);
  const kept = listed.filter(({ label, group, words = "" }) => hasWords(text, [label, group, words]));
  const starts = (action: Action) => (action.label.toLowerCase().startsWith(text.trim().toLowerCase()) ? 0 : 1);
  return kept.sort((a, b) => starts(a) - starts(b));
}

/** What the page itself offers, what is there everywhere, then runs: what comes later moves nothing. */
export function entriesOf(actions: readonly Action[], found: readonly Found[]): Entry[] {
  const everywhere = new Set(["Go to", "Everywhere"]);
  const own = actions.filter((action) => !everywhere.has(action.group));
  const rest = actions.filter((action) => everywhere.has(action.group));
  const runs = found.map(
    ({ run, open }): Entry => ({
      id: `run-${run.id}`,
      group: "Runs",
      label: run.name,
      detail: [run.id.slice(0, 8), ...run.tags].join(" · "),
      status: run.status,
      run: open,
    }),
  );
  return byGroup<Entry>([...own, ...rest, ...runs]).flatMap(([, entries]) => entries);
}
