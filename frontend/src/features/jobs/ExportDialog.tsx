import { useState } from "react";

import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { formatInteger } from "@/lib/format";

import { Row } from "./fields";
import { JobDialog, type JobFormProps } from "./JobDialog";
import { asSpec } from "./spec";

type What = "merged" | "adapter";

/** Asks for a checkpoint as files that other programs load. */
export function ExportDialog({ run, checkpoint, onClose }: JobFormProps) {
  const [what, setWhat] = useState<What>("merged");
  const [dtype, setDtype] = useState("own");
  const lora = checkpoint.kind === "adapter";
  const model = (run.config.model ?? {}) as { dtype?: string };
  const own = model.dtype ?? "float32";
  const spec = () => asSpec({ kind: "export", what, dtype: what === "adapter" || dtype === "own" ? null : dtype });
  return (
    <JobDialog
      checkpoint={checkpoint}
      title={`Export step ${formatInteger(checkpoint.step)}`}
      description="Safetensors with tokenizer and a model card: configuration, data, results, and how to make it again."
      submit="Export"
      spec={spec}
      onClose={onClose}
    >
      {(problems) => (
        <>
          {lora && (
            <div>
              <Segmented<What>
                label="What"
                value={what}
                onChange={setWhat}
                options={[
                  { value: "merged", label: "Merged model" },
                  { value: "adapter", label: "Adapter alone" },
                ]}
              />
            </div>
          )}
          <p className="text-muted">
            {what === "adapter"
              ? "The LoRA matrices as they were trained, for peft. Whoever loads them needs the base model."
              : `The whole model${lora ? ", LoRA merged into its base," : ""} as transformers and vLLM load it.`}
          </p>
          {what === "merged" && (
            <Row label="Precision of the weights" problem={problems.get("dtype")}>
              {(control) => (
                <Select
                  {...control}
                  value={dtype}
                  onChange={setDtype}
                  options={[
                    { value: "own", label: `As the run has it (${own})` },
                    { value: "float32", label: "float32" },
                    { value: "bfloat16", label: "bfloat16" },
                    { value: "float16", label: "float16" },
                  ]}
                />
              )}
            </Row>
          )}
        </>
      )}
    </JobDialog>
  );
}
