import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useId, useState } from "react";

import { api, unwrap } from "@/api/client";
import { ApiError, errorMessage } from "@/api/errors";
import { keys } from "@/api/queries";
import type { DatasetDetail } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Select } from "@/components/ui/select";
import { toast } from "@/components/ui/toast";
import { formatBytes } from "@/lib/format";

import { type Beginning, guessColumns, MAX_BYTES, readBeginning } from "./beginning";
import { FirstRows } from "./FirstRows";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onUploaded?: (dataset: DatasetDetail) => void;
}

interface Chosen {
  file: File;
  beginning: Beginning;
}

/** Choose a JSONL file, see its first rows, say which columns are which, and send it. */
export function UploadDialog({ open, onOpenChange, onUploaded }: Props) {
  const id = useId();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [name, setName] = useState("");
  const [prompt, setPrompt] = useState("");
  const [answer, setAnswer] = useState("");
  const upload = useMutation({
    mutationFn: (file: File) => send(file, { name: name.trim() || stem(file.name), prompt_column: prompt, answer_column: answer }),
    onSuccess: (dataset) => {
      void client.invalidateQueries({ queryKey: keys.datasets });
      toast.success(`Uploaded ${dataset.name}: ${dataset.rows.toLocaleString("en-US")} rows`);
      onUploaded?.(dataset);
      close(false);
    },
  });
  const close = (next: boolean) => {
    if (!next) {
      setChosen(null);
      upload.reset();
    }
    onOpenChange(next);
  };
  const take = async (file: File | undefined) => {
    upload.reset();
    if (!file) return;
    const beginning = await readBeginning(file);
    const guessed = guessColumns(beginning.columns);
    setChosen({ file, beginning });
    setName(stem(file.name));
    setPrompt(guessed.prompt);
    setAnswer(guessed.answer);
  };
  const problems = chosen ? problemsOf(chosen) : [];
  const ready = chosen !== null && problems.length === 0 && prompt !== "" && answer !== "" && !upload.isPending;
  const columns = (chosen?.beginning.columns ?? []).filter(Boolean).map((column) => ({ value: column, label: column }));
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title="Upload a dataset"
      description={`JSONL: one JSON object a line, up to ${formatBytes(MAX_BYTES)}. Every line is checked before the file is kept.`}
      footer={
        <>
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button variant="primary" disabled={!ready} onClick={() => chosen && upload.mutate(chosen.file)}>
            <Upload aria-hidden="true" /> {upload.isPending ? "Uploading …" : "Upload"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-file`}>File</Label>
          <Input
            id={`${id}-file`}
            type="file"
            accept=".jsonl,.ndjson,.json,application/x-ndjson"
            className="h-auto py-1 file:mr-3 file:rounded file:border-0 file:bg-surface-2 file:px-2 file:py-1 file:text-text"
            onChange={(event) => void take(event.target.files?.[0])}
          />
        </div>
        {chosen && chosen.beginning.rows.length > 0 && (
          <>
            <div className="flex flex-col gap-1">
              <Label htmlFor={`${id}-name`}>Name</Label>
              <Input id={`${id}-name`} value={name} maxLength={200} autoComplete="off" onChange={(event) => setName(event.target.value)} />
            </div>
            <div className="grid grid-cols-2 gap-3">
              <div className="flex min-w-0 flex-col gap-1">
                <Label htmlFor={`${id}-prompt`}>Prompt column</Label>
                <Select id={`${id}-prompt`} value={prompt} placeholder="Choose" options={columns} onChange={setPrompt} />
              </div>
              <div className="flex min-w-0 flex-col gap-1">
                <Label htmlFor={`${id}-answer`}>Answer column</Label>
                <Select id={`${id}-answer`} value={answer} placeholder="Choose" options={columns} onChange={setAnswer} />
              </div>
            </div>
            <FirstRows rows={chosen.beginning.rows.slice(0, 5)} prompt={prompt} answer={answer} />
          </>
        )}
        <div aria-live="polite" className="space-y-1 text-xs text-danger">
          {problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
          {upload.error && <Refused error={upload.error} />}
        </div>
      </div>
    </Dialog>
  );
}

function Refused({ error }: { error: Error }) {
  const fields = error instanceof ApiError ? error.fields : [];
  if (fields.length === 0) return <p role="alert">Not uploaded: {errorMessage(error)}</p>;
  return (
    <div role="alert">
      <p className="font-medium">Not uploaded. Correct the file and choose it again:</p>
      <ul className="mt-1 max-h-40 list-disc space-y-0.5 overflow-y-auto pl-4">
        {fields.map((field) => (
          <li key={`${field.path} ${field.message}`} className="break-words">
            <span className="font-mono">{field.path}</span> {field.message}. {field.remedy}
          </li>
        ))}
      </ul>
    </div>
  );
}

function problemsOf({ file, beginning }: Chosen): string[] {
  if (file.size > MAX_BYTES) {
    return [`The file has ${formatBytes(file.size)}, more than the ${formatBytes(MAX_BYTES)} that can be uploaded: put it on the workers and name it in data.path.`];
  }
  if (beginning.rows.length === 0 && beginning.problems.length === 0) return ["The file has no rows."];
  return beginning.problems.slice(0, 5).map(({ line, message }) => `Line ${line} ${message}.`);
}

function stem(name: string): string {
  return name.replace(/\.[^.]+$/, "") || name;
}

interface About {
  name: string;
  prompt_column: string;
  answer_column: string;
}

function send(file: File, query: About): Promise<DatasetDetail> {
  return unwrap(
    api.POST("/api/v1/datasets", {
      params: { query },
      // the generated type has no word for a file
      body: file as unknown as string,
      bodySerializer: (body) => body,
      headers: { "Content-Type": "application/x-ndjson" },
    }),
  );
}
