import { useQuery } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState } from "react";

import { datasets as datasetsQuery } from "@/api/queries";
import type { Dataset } from "@/api/types";
import { UploadDialog } from "@/components/datasets/UploadDialog";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { formatBytes, formatInteger } from "@/lib/format";

import type { Json } from "../schema";
import type { Path } from "../values";
import { useFormState } from "./context";
import type { ControlProps } from "./FieldRow";

const NONE = "\u0000none";

interface Props {
  value: Json;
  path: Path;
  control: ControlProps;
}

/** An uploaded dataset to choose, or a new one to upload; its columns come with it. */
export function DatasetControl({ value, path, control }: Props) {
  const form = useFormState();
  const [uploading, setUploading] = useState(false);
  const { data } = useQuery(datasetsQuery());
  const known = data ?? [];
  const chosen = typeof value === "string" ? value : null;
  const options = [
    { value: NONE, label: "none" },
    ...known.map((dataset) => ({
      value: dataset.sha256,
      label: dataset.name,
      description: `${formatInteger(dataset.rows)} rows · ${formatBytes(dataset.size)} · ${dataset.prompt_column} → ${dataset.answer_column} · ${dataset.sha256.slice(0, 12)}`,
    })),
  ];
  if (chosen !== null && !options.some((option) => option.value === chosen)) {
    options.push({ value: chosen, label: `${chosen.slice(0, 12)}… (not uploaded here)` });
  }
  const choose = (dataset: Pick<Dataset, "sha256" | "prompt_column" | "answer_column"> | null) => {
    const beside = (key: string) => [...path.slice(0, -1), key];
    form.setValue(path, dataset?.sha256 ?? null);
    if (!dataset) return;
    // one file for one purpose: the path that names another is emptied
    form.setValue(beside(String(path.at(-1)).replace("dataset", "path")), null);
    if (path.at(-1) !== "dataset") return;
    form.setValue(beside("prompt_column"), dataset.prompt_column);
    form.setValue(beside("answer_column"), dataset.answer_column);
  };
  return (
    <div className="flex gap-2">
      <Select
        {...control}
        value={chosen ?? NONE}
        options={options}
        onChange={(next) => choose(known.find((dataset) => dataset.sha256 === next) ?? null)}
      />
      <Button className="shrink-0" onClick={() => setUploading(true)}>
        <Upload aria-hidden="true" /> Upload
      </Button>
      <UploadDialog open={uploading} onOpenChange={setUploading} onUploaded={choose} />
    </div>
  );
}
