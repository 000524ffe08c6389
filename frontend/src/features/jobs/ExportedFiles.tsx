import { Download } from "lucide-react";

import type { Checkpoint, ExportResult } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Code } from "@/components/ui/code";
import { formatBytes, formatInteger } from "@/lib/format";

import { FileList } from "./FileList";
import { archiveUrl } from "./files";

/** What an export made, to be downloaded whole or file by file. */
export function ExportedFiles({ result, files }: { result: ExportResult; files: Checkpoint | null }) {
  const licence = result.base_license ?? "not known here";
  return (
    <>
      <p className="text-muted">
        {result.what === "adapter" ? "LoRA adapter" : "Whole model"}, {formatInteger(result.parameters)} parameters in {result.dtype}; base{" "}
        <span className="break-all">{result.base_model}</span>, licence {licence}.
      </p>
      {files && (
        <>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Button asChild variant="primary">
              <a href={archiveUrl(files)} download>
                <Download aria-hidden="true" /> Download {formatBytes(files.size)}
              </a>
            </Button>
            <span className="text-xs text-muted">
              or <Code>ahora download {files.run_id}</Code>, which checks the hashes
            </span>
          </div>
          <details>
            <summary className="w-fit rounded-sm text-accent underline-offset-4 hover:underline">{files.files.length} files</summary>
            <FileList checkpoint={files} />
          </details>
        </>
      )}
    </>
  );
}
