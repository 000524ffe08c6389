import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark, Check } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { keys, savedViews } from "@/api/queries";
import type { SavedView } from "@/api/types";
import { parseSearch } from "@/app/search";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toast";

import { validateRunsSearch, type RunsSearch } from "./search";
import { queryOf, setUsualView, usualView } from "./usualView";

const ViewDialog = lazy(() => import("./ViewDialog").then((module) => ({ default: module.ViewDialog })));

interface Props {
  search: RunsSearch;
  onApply: (search: RunsSearch) => void;
}

/** Saved views of the project: choose one, save this one, make one your usual one. */
export function ViewsMenu({ search, onApply }: Props) {
  const client = useQueryClient();
  const project = search.project ?? "default";
  const { data: views = [] } = useQuery(savedViews(project));
  const [dialog, setDialog] = useState<"save" | "rename" | "delete" | null>(null);
  const [usual, setUsual] = useState(usualView);
  const current = views.find((view) => view.name === search.view);
  const query = queryOf(search);
  const changed = current !== undefined && current.query !== query;

  const overwrite = useMutation({
    mutationFn: (view: SavedView) =>
      unwrap(api.PATCH("/api/v1/views/{view_id}", { params: { path: { view_id: view.id } }, body: { query } })),
    onSuccess: (view) => {
      void client.invalidateQueries({ queryKey: keys.views });
      toast.success(`The view ${view.name} is saved`);
    },
    onError: (error) => toast.error(`Not saved: ${errorMessage(error)}`),
  });
  const makeUsual = (text: string | null) => {
    setUsualView(text);
    setUsual(text);
    toast.success(text === null ? "The plain table is your usual view again" : "The table opens like this from now on, in this browser");
  };
  const copy = () => {
    navigator.clipboard
      .writeText(window.location.href)
      .then(() => toast.success("The link is copied: it shows this view"))
      .catch((error: unknown) => toast.error(`Not copied: ${errorMessage(error)}`));
  };
  return (
    <>
      <DropdownMenu
        align="end"
        trigger={
          <Button className="max-w-56">
            <Bookmark aria-hidden="true" className="text-muted" />
            {/* a phone's width has no room for it beside a large number of runs */}
            <span className="truncate max-sm:sr-only">{current ? `${current.name}${changed ? " (changed)" : ""}` : "Views"}</span>
          </Button>
        }
      >
        <MenuLabel>Views of {project}</MenuLabel>
        {views.map((view) => (
          <MenuItem
            key={view.id}
            title={`Saved by ${view.owner}`}
            onSelect={() => onApply({ ...validateRunsSearch(parseSearch(view.query)), view: view.name })}
          >
            <Check aria-hidden="true" className={view === current ? "text-accent" : "opacity-0"} />
            <span className="max-w-64 truncate">{view.name}</span>
          </MenuItem>
        ))}
        {views.length === 0 && <p className="px-2 py-1 text-xs text-muted">None yet.</p>}
        <MenuSeparator />
        <MenuItem onSelect={() => setDialog("save")}>Save this view as…</MenuItem>
        {current && (
          <>
            <MenuItem disabled={!changed} onSelect={() => overwrite.mutate(current)}>
              Overwrite {current.name}
            </MenuItem>
            <MenuItem onSelect={() => setDialog("rename")}>Rename {current.name}…</MenuItem>
            <MenuItem danger onSelect={() => setDialog("delete")}>
              Delete {current.name}…
            </MenuItem>
          </>
        )}
        <MenuSeparator />
        <MenuItem onSelect={copy}>Copy a link to it</MenuItem>
        <MenuItem disabled={usual === query} onSelect={() => makeUsual(query)}>
          Make it my usual view
        </MenuItem>
        {usual !== null && <MenuItem onSelect={() => makeUsual(null)}>Forget my usual view</MenuItem>}
        <MenuItem onSelect={() => onApply({})}>The plain table</MenuItem>
      </DropdownMenu>
      {dialog && (
        <Suspense>
          <ViewDialog
            kind={dialog}
            view={current}
            project={project}
            query={query}
            onClose={() => setDialog(null)}
            onNamed={(name) => onApply({ ...search, view: name ?? undefined })}
          />
        </Suspense>
      )}
    </>
  );
}
