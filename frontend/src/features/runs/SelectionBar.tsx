import { useNavigate } from "@tanstack/react-router";
import { Columns3, Download, Ellipsis, Pause, Play, RotateCcw, RotateCw, Square, Tag, Trash2, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { api } from "@/api/client";
import { errorMessage, toApiError } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem } from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toast";
import { formatInteger } from "@/lib/format";
import { saveFile } from "@/lib/saveFile";

import type { Asked } from "./BulkDialog";

const BulkDialog = lazy(() => import("./BulkDialog").then((module) => ({ default: module.BulkDialog })));

/** As many as the compare page takes. */
const MOST_COMPARED = 100;

interface Props {
  ids: readonly string[];
  /** Columns an export has. */
  columns: readonly string[];
  knownTags: readonly string[];
  deleted: boolean;
  onClear: () => void;
}

/** What may be done to the chosen runs; floats at the bottom, so that choosing moves nothing. */
export function SelectionBar({ ids, columns, knownTags, deleted, onClear }: Props) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<Asked | null>(null);
  if (ids.length === 0) return null;
  const compare = () => void navigate({ to: "/compare", search: { runs: ids.join(",") } });
  const comparable = ids.length >= 2 && ids.length <= MOST_COMPARED;
  const save = async (format: "csv" | "json") => {
    try {
      const body = { runs: [...ids], columns: columns.filter((name) => name !== "tags"), format };
      const { data, error, response } = await api.POST("/api/v1/runs/export", { body, parseAs: "text" });
      if (!response.ok) throw toApiError(response.status, error);
      saveFile(`runs.${format}`, data ?? "");
    } catch (error) {
      toast.error(`Not exported: ${errorMessage(error)}`);
    }
  };
  return (
    <>
      <div
        role="toolbar"
        aria-label="Selected runs"
        className="fixed bottom-18 left-1/2 z-30 flex w-max max-w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-wrap items-center justify-center gap-1.5 rounded-xl border border-line bg-surface p-2 shadow-pop sm:bottom-5"
      >
        <span role="status" className="px-2 font-medium tabular">
          {formatInteger(ids.length)} selected
        </span>
        <Button
          variant="primary"
          onClick={compare}
          disabled={!comparable}
          title={comparable ? undefined : `Select 2 to ${MOST_COMPARED} runs`}
        >
          <Columns3 aria-hidden="true" /> Compare
        </Button>
        <Button onClick={() => setOpen("tag")}>
          <Tag aria-hidden="true" /> Tag
        </Button>
        <DropdownMenu
          align="center"
          trigger={
            <Button>
              <Download aria-hidden="true" /> Export
            </Button>
          }
        >
          <MenuItem onSelect={() => void save("csv")}>CSV of the columns shown</MenuItem>
          <MenuItem onSelect={() => void save("json")}>JSON of the columns shown</MenuItem>
        </DropdownMenu>
        {!deleted && (
          <Button onClick={() => setOpen("stop")}>
            <Square aria-hidden="true" /> Stop
          </Button>
        )}
        <Button onClick={() => setOpen(deleted ? "restore" : "delete")}>
          {deleted ? <RotateCcw aria-hidden="true" /> : <Trash2 aria-hidden="true" />} {deleted ? "Restore" : "Delete"}
        </Button>
        {!deleted && (
          <DropdownMenu
            trigger={
              <Button size="icon" aria-label="More for the selected runs">
                <Ellipsis aria-hidden="true" />
              </Button>
            }
          >
            <MenuItem onSelect={() => setOpen("pause")}>
              <Pause aria-hidden="true" /> Pause…
            </MenuItem>
            <MenuItem onSelect={() => setOpen("resume")}>
              <Play aria-hidden="true" /> Resume…
            </MenuItem>
            <MenuItem onSelect={() => setOpen("retry")}>
              <RotateCw aria-hidden="true" /> Try again…
            </MenuItem>
          </DropdownMenu>
        )}
        <Button variant="ghost" size="icon" aria-label="Clear the selection" onClick={onClear}>
          <X aria-hidden="true" />
        </Button>
      </div>
      {open && (
        <Suspense>
          <BulkDialog
            action={open}
            ids={ids}
            knownTags={knownTags}
            onClose={() => setOpen(null)}
            onDone={() => {
              if (open === "delete" || open === "restore") onClear();
            }}
          />
        </Suspense>
      )}
    </>
  );
}
