import { useState } from "react";

import type { Comparison } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";

import type { HandGroup } from "./search";

interface Props {
  comparison: Comparison;
  /** What the form starts with. */
  groups: readonly HandGroup[];
  onGroups: (groups: HandGroup[]) => void;
}

interface DialogProps extends Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

const FORM = "hand-groups";

/** Groups by hand: a name beside each run, and equal names are a group. */
export function HandGroups({ open, onOpenChange, onGroups, ...props }: DialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Groups by hand"
      description="Runs with the same group name are averaged. Runs without one become “Other runs”."
      footer={
        <Button variant="primary" type="submit" form={FORM}>
          Group
        </Button>
      }
    >
      <Form
        {...props}
        onGroups={(groups) => {
          onGroups(groups);
          onOpenChange(false);
        }}
      />
    </Dialog>
  );
}

function Form({ comparison, groups, onGroups }: Props) {
  const [names, setNames] = useState(
    () => new Map(groups.flatMap(({ label, ids }) => ids.map((id) => [id, label] as const))),
  );
  const known = [...new Set(names.values())].filter(Boolean);
  return (
    <form
      id={FORM}
      className="max-h-[55vh] overflow-y-auto pr-1"
      onSubmit={(event) => {
        event.preventDefault();
        onGroups(collect(comparison, names));
      }}
    >
      <datalist id={`${FORM}-names`}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <ul className="flex flex-col gap-2">
        {comparison.runs.map((run) => (
          <li key={run.run_id} className="grid grid-cols-2 items-center gap-3">
            <span className="truncate" title={run.name}>
              {run.name}
            </span>
            <Input
              aria-label={`Group of ${run.name}`}
              list={`${FORM}-names`}
              maxLength={100}
              value={names.get(run.run_id) ?? ""}
              onChange={({ target }) => setNames((old) => new Map(old).set(run.run_id, target.value))}
            />
          </li>
        ))}
      </ul>
    </form>
  );
}

/** Groups in the order of their first runs. */
export function collect(comparison: Comparison, names: ReadonlyMap<string, string>): HandGroup[] {
  const groups = new Map<string, string[]>();
  for (const { run_id } of comparison.runs) {
    const label = (names.get(run_id) ?? "").trim();
    if (label) groups.set(label, [...(groups.get(label) ?? []), run_id]);
  }
  return [...groups].map(([label, ids]) => ({ label, ids }));
}
