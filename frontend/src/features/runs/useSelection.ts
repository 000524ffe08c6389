import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { errorMessage } from "@/api/errors";
import { runIds } from "@/api/queries";
import { toast } from "@/components/ui/toast";

import { type RunsSearch, toFilters } from "./search";
import { placeOf, type Section } from "./sections";

const MOST = 10_000;

/** The chosen runs by id, also those on pages that were never read. */
export function useSelection(search: RunsSearch) {
  const client = useQueryClient();
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<number | null>(null);

  const set = (ids: readonly string[], selected: boolean) =>
    setSelection((old) => {
      const next = new Set(old);
      for (const id of ids) {
        if (selected) next.add(id);
        else next.delete(id);
      }
      return next;
    });
  const ask = (where: readonly string[], limit: number) => {
    const filters = toFilters(search);
    const all = where.length > 0 ? { ...filters, where: [...(search.where ?? []), ...where] } : filters;
    return client.query(runIds(all, Math.min(limit, MOST)));
  };
  const onError = (error: unknown) => toast.error(`Not selected: ${errorMessage(error)}`);

  /** Ticks a row; with `through` all rows from the one ticked before to it. */
  const toggle = (sections: readonly Section[], row: number, id: string, selected: boolean, through: boolean) => {
    const from = last.current;
    last.current = row;
    const there = placeOf(sections, row);
    const here = from === null ? undefined : placeOf(sections, from);
    if (!through || !there || there.heading || !here || here.heading || here.section !== there.section) {
      set([id], selected);
      return;
    }
    const [low, high] = [Math.min(here.offset, there.offset), Math.max(here.offset, there.offset)];
    ask(there.section.where, high + 1)
      .then(({ ids }) => set(ids.slice(low, high + 1), selected))
      .catch(onError);
  };
  /** Everything that matches, or nothing. */
  const all = (selected: boolean) => {
    last.current = null;
    if (!selected) {
      setSelection(new Set());
      return;
    }
    ask([], MOST)
      .then(({ ids, total }) => {
        setSelection(new Set(ids));
        if (total > ids.length) toast.error(`${total} runs match: the first ${ids.length} are selected.`);
      })
      .catch(onError);
  };
  return { selection, toggle, all, set, clear: () => all(false) };
}
