import { ClipboardCheck, MessageSquareText, Package, Play } from "lucide-react";
import { useState } from "react";

import type { Checkpoint, Run } from "@/api/types";
import { Button } from "@/components/ui/button";

import { EvaluateDialog } from "./EvaluateDialog";
import { ExportDialog } from "./ExportDialog";
import { SampleDialog } from "./SampleDialog";
import { TrainOnDialog } from "./TrainOnDialog";

type Kind = "sample" | "evaluate" | "export" | "train";

const DIALOGS = { sample: SampleDialog, evaluate: EvaluateDialog, export: ExportDialog, train: TrainOnDialog };

/** What may be done with a checkpoint. */
export function JobButtons({ run, checkpoint }: { run: Run; checkpoint: Checkpoint }) {
  const [open, setOpen] = useState<Kind | null>(null);
  const Form = open && DIALOGS[open];
  return (
    <div className="flex flex-wrap gap-2">
      <Button onClick={() => setOpen("sample")}>
        <MessageSquareText aria-hidden="true" /> Try on a prompt
      </Button>
      <Button onClick={() => setOpen("evaluate")}>
        <ClipboardCheck aria-hidden="true" /> Evaluate
      </Button>
      <Button onClick={() => setOpen("export")}>
        <Package aria-hidden="true" /> Export
      </Button>
      <Button onClick={() => setOpen("train")}>
        <Play aria-hidden="true" /> Resume from here
      </Button>
      {Form && <Form run={run} checkpoint={checkpoint} onClose={() => setOpen(null)} />}
    </div>
  );
}
