import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";

import type { RunSummary } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";

import { useCloneRun } from "./runMutations";

interface Props {
  run: RunSummary;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** The same configuration again, with another seed if wanted. For more changes there is the launch form. */
export function CloneDialog({ run, open, onOpenChange }: Props) {
  const clone = useCloneRun();
  const navigate = useNavigate();
  const id = useId();
  const [name, setName] = useState("");
  const [seed, setSeed] = useState(String(run.seed));
  const wrong = !/^\d{1,10}$/.test(seed) || Number(seed) > 2 ** 31 - 1;
  const confirm = () => {
    if (wrong) return;
    clone.mutate(
      { run, name: name.trim(), seed: Number(seed) },
      {
        onSuccess: (made) => {
          onOpenChange(false);
          void navigate({ to: "/runs/$runId", params: { runId: made.id } });
        },
      },
    );
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Clone ${run.name}`}
      description="A new run of the same configuration joins the queue."
      footer={
        <>
          <Button
            variant="link"
            className="mr-auto px-0"
            onClick={() => void navigate({ to: "/launch", search: { clone: run.id } })}
          >
            Change more in the form
          </Button>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" onClick={confirm} disabled={wrong || clone.isPending}>
            Launch clone
          </Button>
        </>
      }
    >
      <div className="grid gap-3 sm:grid-cols-[1fr_8rem]">
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-name`}>Name</Label>
          <Input
            id={`${id}-name`}
            value={name}
            maxLength={200}
            placeholder="Made from algorithm, model and seed"
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-seed`}>Seed</Label>
          <Input
            id={`${id}-seed`}
            inputMode="numeric"
            value={seed}
            aria-invalid={wrong}
            onChange={(event) => setSeed(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && confirm()}
          />
        </div>
      </div>
    </Dialog>
  );
}
