import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { runList } from "@/api/queries";

import { type RunsSearch, toFilters } from "./search";

/** The runs of the cards, page after page. */
export function useRunList(search: RunsSearch) {
  const query = useInfiniteQuery(runList(toFilters(search)));
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { ...query, runs, total: query.data?.pages[0]?.total ?? null };
}
