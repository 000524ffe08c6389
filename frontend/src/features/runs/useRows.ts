import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { runGroups, runPage } from "@/api/queries";
import type { RunRow } from "@/api/types";

import { type RunsSearch, toFilters } from "./search";
import { groupId, placeOf, rowCount, type Section } from "./sections";
import type { View } from "./view";

export const PAGE = 100;

export interface Range {
  first: number;
  last: number;
}

const page = (section: Section, number: number) => `${section.id}\n${number}`;

/** The rows of the table: how many there are, and those in view, of which only their pages are read. */
export function useRows(search: RunsSearch, view: View, range: Range) {
  const filters = useMemo(() => toFilters(search), [search]);
  const columns = view.columns.filter((column) => column.asked).map((column) => column.name);
  const numbers = view.columns.filter((column) => column.numeric).map((column) => column.name);
  const grouped = view.groups.length > 0;
  const groups = useQuery({ ...runGroups(filters, view.groups, numbers), enabled: grouped });
  const first = useQuery({ ...runPage(filters, columns, 0, PAGE), enabled: !grouped });
  // while another order or filter is read the table keeps its height
  const [height, setHeight] = useState<number | null>(null);
  const total = grouped ? (groups.data?.runs ?? null) : (first.data?.total ?? null);
  if (total !== null && total !== height) setHeight(total);

  const sections = useMemo<Section[]>(() => {
    if (!grouped) return [{ id: "", where: [], rows: total ?? height ?? 0, group: null }];
    const open = new Set(search.open);
    return (groups.data?.items ?? []).map((group) => {
      const id = groupId(group);
      return { id, where: group.where, rows: open.has(id) ? group.count : 0, group };
    });
  }, [grouped, groups.data, search.open, total, height]);

  const wanted = new Map<string, { section: Section; number: number }>();
  for (let row = range.first; row <= range.last; row += 1) {
    const place = placeOf(sections, row);
    if (!place || place.heading) continue;
    const number = Math.floor(place.offset / PAGE);
    wanted.set(page(place.section, number), { section: place.section, number });
  }
  const asked = [...wanted.entries()];
  const pages = useQueries({
    queries: asked.map(([, { section, number }]) =>
      runPage(
        section.where.length > 0 ? { ...filters, where: [...(search.where ?? []), ...section.where] } : filters,
        columns,
        number * PAGE,
        PAGE,
      ),
    ),
  });
  const settled = [groups, first, ...pages].every((query) => !query.isFetching);
  const outdated = settled && asked.some(([, { section }], i) => (pages[i]?.data?.total ?? section.rows) !== section.rows);
  const loaded = new Map<string, readonly RunRow[]>();
  asked.forEach(([key], i) => {
    const items = pages[i]?.data?.items;
    if (items) loaded.set(key, items);
  });

  const runAt = (row: number): RunRow | undefined => {
    const place = placeOf(sections, row);
    if (!place || place.heading) return undefined;
    return loaded.get(page(place.section, Math.floor(place.offset / PAGE)))?.[place.offset % PAGE];
  };
  const head = grouped ? groups : first;
  return {
    sections,
    count: rowCount(sections),
    runAt,
    total,
    /** Pages were read at different times, between which the list has changed. */
    outdated,
    isPending: head.isPending && height === null,
    error: head.error,
    refetch: () => void head.refetch(),
  };
}
