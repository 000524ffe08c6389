import { type ReactNode, useId } from "react";

import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Switch } from "@/components/ui/switch";

interface RowProps {
  label: string;
  help?: ReactNode;
  problem?: string | undefined;
  className?: string;
  children: (control: { id: string; "aria-invalid": boolean; "aria-describedby": string }) => ReactNode;
}

/** A labelled control with its help, and what is wrong with it. */
export function Row({ label, help, problem, className = "", children }: RowProps) {
  const id = useId();
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <Label htmlFor={id}>{label}</Label>
      {children({ id, "aria-invalid": problem !== undefined, "aria-describedby": `${id}-help` })}
      <p id={`${id}-help`} aria-live="polite" className={problem ? "text-xs text-danger" : "text-xs text-muted"}>
        {problem ?? help}
      </p>
    </div>
  );
}

interface NumberProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What an empty field means. */
  placeholder?: string | undefined;
  help?: ReactNode;
  problem?: string | undefined;
}

export function NumberRow({ label, value, onChange, placeholder, help, problem }: NumberProps) {
  return (
    <Row label={label} help={help} problem={problem}>
      {(control) => (
        <Input {...control} inputMode="decimal" value={value} placeholder={placeholder} onChange={(event) => onChange(event.target.value)} />
      )}
    </Row>
  );
}

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  help?: string;
}

export function SwitchRow({ label, checked, onChange, help }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <Switch id={id} className="mt-0.5" checked={checked} onCheckedChange={onChange} aria-describedby={`${id}-help`} />
      <div className="min-w-0">
        <label htmlFor={id}>{label}</label>
        {help && (
          <p id={`${id}-help`} className="text-xs text-muted">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}

/** Fields that are seldom needed. */
export function More({ children }: { children: ReactNode }) {
  return (
    <details className="group">
      <summary className="w-fit rounded-sm text-accent underline-offset-4 hover:underline">More settings</summary>
      <div className="mt-3 grid grid-cols-2 gap-3">{children}</div>
    </details>
  );
}
