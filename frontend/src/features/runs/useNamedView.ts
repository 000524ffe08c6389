import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { savedViews } from "@/api/queries";
import { parseSearch } from "@/app/search";

import { type RunsSearch, validateRunsSearch } from "./search";
import { usualSearch } from "./usualView";

/** A link that holds only a view's name shows the view; one that holds nothing shows the usual view. */
export function useNamedView(search: RunsSearch, apply: (search: RunsSearch) => void): void {
  const others = Object.keys(search).filter((key) => key !== "project");
  const named = others.length === 1 && search.view !== undefined;
  const { data } = useQuery({ ...savedViews(search.project ?? "default"), enabled: named });
  const found = named ? data?.find((view) => view.name === search.view) : undefined;
  const opened = useRef(false);
  useEffect(() => {
    const usual = opened.current || Object.keys(search).length > 0 ? null : usualSearch();
    opened.current = true;
    const view: RunsSearch = found ? validateRunsSearch(parseSearch(found.query)) : {};
    // one that holds nothing else leaves the link as it is
    if (found && (Object.keys(view) as (keyof RunsSearch)[]).some((key) => key !== "view" && view[key] !== search[key])) {
      apply({ ...view, view: found.name });
    } else if (usual && Object.keys(usual).length > 0) apply(usual);
  }, [search, found, apply]);
}
