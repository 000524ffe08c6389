import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useId, useState } from "react";

import { ApiError, errorMessage } from "@/api/errors";
import { registry } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { Input, Textarea } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Select } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";

import { type Kind, KINDS, type RuleDraft, type RuleField, startFields } from "./ruleForm";

interface Props {
  start: RuleDraft;
  /** Built-in rules keep their kind. */
  fixedKind: boolean;
  saving: boolean;
  error: unknown;
  onSave: (draft: RuleDraft) => void;
  onCancel: () => void;
}

/** The fields of one rule. */
export function RuleEditor({ start, fixedKind, saving, error, onSave, onCancel }: Props) {
  const id = useId();
  const [draft, setDraft] = useState(start);
  const { data } = useQuery(registry());
  const set = (changes: Partial<RuleDraft>) => setDraft((old) => ({ ...old, ...changes }));
  const shape = KINDS.find((one) => one.kind === draft.kind);
  const problems = error instanceof ApiError ? error.fields : [];
  const problemOf = (key: string) => problems.find(({ path }) => path.split(".").at(-1) === key)?.message;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSave(draft);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3" aria-label="Rule">
      <div className="grid gap-3 sm:grid-cols-2">
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-name`}>Name</Label>
          <Input id={`${id}-name`} required maxLength={200} value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        </div>
        {!fixedKind && (
          <div className="flex flex-col gap-1">
            <Label htmlFor={`${id}-kind`}>When</Label>
            <Select
              id={`${id}-kind`}
              value={draft.kind}
              onChange={(kind) => set({ kind: kind as Kind, fields: startFields(kind as Kind) })}
              options={KINDS.map(({ kind, label }) => ({ value: kind, label }))}
            />
          </div>
        )}
      </div>
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-4">
        {shape?.fields.map((field) => (
          <FieldInput
            key={field.key}
            id={`${id}-${field.key}`}
            field={field}
            value={draft.fields[field.key] ?? ""}
            problem={problemOf(field.key)}
            onChange={(value) => set({ fields: { ...draft.fields, [field.key]: value } })}
          />
        ))}
      </div>
      <datalist id="rule-metrics">
        {data?.metrics.filter(({ name }) => !name.includes("{")).map(({ name, description }) => (
          <option key={name} value={name} label={description} />
        ))}
      </datalist>
      <div className="flex flex-col gap-1">
        <Label htmlFor={`${id}-advice`}>What to try, shown with the alert</Label>
        <Textarea id={`${id}-advice`} maxLength={2000} value={draft.advice} onChange={(event) => set({ advice: event.target.value })} />
      </div>
      <div className="flex items-start gap-2">
        <Switch id={`${id}-pause`} className="mt-0.5" checked={draft.pause} onCheckedChange={(pause) => set({ pause })} />
        <label htmlFor={`${id}-pause`}>
          Pause the run when it happens <span className="text-muted">(once; an alert that was acknowledged pauses no more)</span>
        </label>
      </div>
      {error !== null && (
        <p role="alert" className="break-words text-danger">
          Not saved: {errorMessage(error)}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" disabled={saving}>
          Save
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}

interface FieldProps {
  id: string;
  field: RuleField;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}

function FieldInput({ id, field, value, problem, onChange }: FieldProps) {
  const aria = { "aria-invalid": problem !== undefined, "aria-describedby": field.help || problem ? `${id}-help` : undefined };
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <Label htmlFor={id}>
        {field.label}
        {field.type === "number" && field.unit ? `, ${field.unit}` : ""}
      </Label>
      {field.type === "choice" ? (
        <Select id={id} value={value} onChange={onChange} options={field.options} />
      ) : (
        <Input
          id={id}
          {...aria}
          {...(field.type === "number" ? { type: "number", step: field.whole ? 1 : "any", required: !field.optional } : { list: "rule-metrics", required: true, maxLength: 200 })}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {(problem ?? field.help) && (
        <p id={`${id}-help`} className={problem ? "text-xs text-danger" : "text-xs text-muted"}>
          {problem ?? field.help}
        </p>
      )}
    </div>
  );
}
