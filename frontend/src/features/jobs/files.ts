/** Addresses of a checkpoint's files. */
import type { Checkpoint } from "@/api/types";

const base = (checkpoint: Checkpoint) => `/api/v1/runs/${checkpoint.run_id}/checkpoints/${checkpoint.id}`;

export function fileUrl(checkpoint: Checkpoint, path: string): string {
  return `${base(checkpoint)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** All files in one tar archive. */
export function archiveUrl(checkpoint: Checkpoint): string {
  return `${base(checkpoint)}/archive`;
}
