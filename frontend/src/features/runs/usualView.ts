// The view that the table opens with, a matter of each browser.
import { parseSearch, stringifySearch } from "@/app/search";

import { type RunsSearch, validateRunsSearch } from "./search";

const KEY = "ahora.runs.view";

/** A view as text, without its name: what is saved and compared. */
export function queryOf(search: RunsSearch): string {
  const entries = Object.entries(search).filter(([key]) => key !== "view");
  return stringifySearch(Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)))).replace(/^\?/, "");
}

export function usualView(): string | null {
  return localStorage.getItem(KEY);
}

export function setUsualView(query: string | null): void {
  if (query === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, query);
}

/** The usual view as the page takes it; null without one. */
export function usualSearch(): RunsSearch | null {
  const query = usualView();
  return query === null ? null : validateRunsSearch(parseSearch(query));
}
