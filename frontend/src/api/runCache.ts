// Runs stand in several cached answers: the pages of lists and the run itself. A change goes to all of them.
import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import { keys } from "./queries";
import type { Run, RunStatus, RunSummary } from "./types";

interface Page {
  items: RunSummary[];
}

/** The pages with `run` in its place; the very same object when it is in none. */
export function patchPages<T extends Page>(data: InfiniteData<T>, run: RunSummary): InfiniteData<T> {
  const at = data.pages.findIndex((page) => page.items.some((item) => item.id === run.id));
  if (at < 0) return data;
  const pages = data.pages.map((page, i) =>
    i === at ? { ...page, items: page.items.map((item) => (item.id === run.id ? run : item)) } : page,
  );
  return { ...data, pages };
}

function runsOf(data: InfiniteData<Page> | Page): readonly RunSummary[] {
  return "pages" in data ? data.pages.flatMap((page) => page.items) : Array.isArray(data.items) ? data.items : [];
}

/** A list with `run` in its place, whether it is read in pages or in one piece. */
function patchList(data: InfiniteData<Page> | Page, run: RunSummary): InfiniteData<Page> | Page {
  if ("pages" in data) return patchPages(data, run);
  if (!Array.isArray(data.items) || !data.items.some((item) => item.id === run.id)) return data;
  // columns that were asked for stay: the stream does not carry them
  return { ...data, items: data.items.map((item) => (item.id === run.id ? { ...item, ...run } : item)) };
}

/** Puts a newer state of a run everywhere; answers in which status lists showed it, null where none does. */
export function putRun(client: QueryClient, run: RunSummary | Run): RunStatus | null {
  let before: RunStatus | null = null;
  for (const [queryKey, data] of client.getQueriesData<InfiniteData<Page> | Page>({ queryKey: keys.runs })) {
    if (!data) continue;
    const patched = patchList(data, run);
    if (patched === data) continue;
    const shown = runsOf(data).find((item) => item.id === run.id)?.status ?? null;
    if (before === null || shown !== run.status) before = shown;
    client.setQueryData(queryKey, patched);
  }
  client.setQueryData<Run>(keys.run(run.id), (old) => ("config" in run ? run : old && { ...old, ...run }));
  return before;
}
