import { Download } from "lucide-react";

import type { Checkpoint } from "@/api/types";
import { CopyButton } from "@/components/ui/copy-button";
import { formatBytes } from "@/lib/format";

import { fileUrl } from "./files";

/** Files with their sizes and hashes, each a download. */
export function FileList({ checkpoint }: { checkpoint: Checkpoint }) {
  return (
    <ul className="py-1">
      {checkpoint.files.map((file) => (
        <li key={file.path} className="flex flex-wrap items-center gap-x-4 py-1">
          <a
            href={fileUrl(checkpoint, file.path)}
            download
            className="inline-flex min-w-0 items-center gap-1.5 rounded-sm font-mono text-xs text-accent hover:underline"
          >
            <Download aria-hidden="true" className="size-3.5 shrink-0" />
            <span className="break-all">{file.path}</span>
          </a>
          <span className="text-xs text-muted tabular">{formatBytes(file.size)}</span>
          <span className="ml-auto flex items-center gap-1 font-mono text-xs text-muted" title={file.sha256}>
            sha256 {file.sha256.slice(0, 12)}…
            <CopyButton text={file.sha256} label={`Copy the hash of ${file.path}`} />
          </span>
        </li>
      ))}
    </ul>
  );
}
