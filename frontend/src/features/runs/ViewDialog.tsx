import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { keys } from "@/api/queries";
import type { SavedView } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";

interface Props {
  kind: "save" | "rename" | "delete";
  /** The one to rename or delete. */
  view: SavedView | undefined;
  project: string;
  query: string;
  onClose: () => void;
  /** Under this name the page shows it now; null for under none. */
  onNamed: (name: string | null) => void;
}

const TITLES = { save: "Save this view", rename: "Rename the view", delete: "Delete the view?" };

/** Names a view, or deletes one. */
export function ViewDialog({ kind, view, project, query, onClose, onNamed }: Props) {
  const client = useQueryClient();
  const [name, setName] = useState(kind === "rename" ? (view?.name ?? "") : "");
  const path = { params: { path: { view_id: view?.id ?? "" } } };
  const change = useMutation({
    mutationFn: async () => {
      if (kind === "save") return (await unwrap(api.POST("/api/v1/views", { body: { project, name: name.trim(), query } }))).name;
      if (kind === "rename") return (await unwrap(api.PATCH("/api/v1/views/{view_id}", { ...path, body: { name: name.trim() } }))).name;
      await unwrap(api.DELETE("/api/v1/views/{view_id}", path));
      return null;
    },
    onSuccess: (named) => {
      void client.invalidateQueries({ queryKey: keys.views });
      onNamed(named);
      onClose();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (kind === "delete" || name.trim()) change.mutate();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={TITLES[kind]}
      description={
        kind === "save"
          ? `Filters, order, columns and groups under a name, for everybody of the project ${project}.`
          : kind === "delete"
            ? `${view?.name ?? ""} is gone for everybody of the project ${project}. The runs stay.`
            : undefined
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        {kind !== "delete" && (
          <div className="flex flex-col gap-1">
            <Label htmlFor="view-name">Name</Label>
            <Input id="view-name" value={name} maxLength={100} required onChange={(event) => setName(event.target.value)} />
          </div>
        )}
        {change.error && (
          <p role="alert" className="text-danger">
            {errorMessage(change.error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant={kind === "delete" ? "danger" : "primary"} disabled={change.isPending}>
            {kind === "delete" ? "Delete view" : kind === "rename" ? "Rename" : "Save view"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
