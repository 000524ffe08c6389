import { Plus, Trash2 } from "lucide-react";
import { useId, useMemo, useState } from "react";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { cn } from "@/lib/cn";

import { Help } from "./form/Help";
import { type AxisDraft, type GridField, gridFields, parseValues, valuesText } from "./grid";
import type { Json } from "./schema";
import { sameJson } from "./values";
import type { LaunchForm } from "./useLaunchForm";

const OFFERS: readonly (AxisDraft & { label: string })[] = [
  { label: "Three algorithms", field: "algorithm.name", values: "grpo, ah_grpo, sa_ah_grpo" },
  { label: "Alphas", field: "algorithm.alpha", values: "0.5, 1, 2" },
  { label: "Learning rates", field: "optimizer.learning_rate", values: "1e-4, 3e-4, 5e-4" },
];

/** The axes of the grid: a field and its values each. */
export function GridCard({ form }: { form: LaunchForm }) {
  const list = useId();
  const { axes } = form.details;
  const fields = useMemo(() => gridFields(form.start.root), [form.start.root]);
  const set = (next: AxisDraft[]) => form.setDetails({ axes: next });
  const change = (index: number, part: Partial<AxisDraft>) =>
    set(axes.map((axis, at) => (at === index ? { ...axis, ...part } : axis)));
  const offers = OFFERS.filter((offer) => axes.every((axis) => axis.field !== offer.field));
  return (
    <Card className="space-y-3 p-4" aria-label="Grid">
      <div>
        <h2 className="font-semibold">Grid</h2>
        <p className="text-xs text-muted">
          Every combination of these values is run with every seed. What does not apply to an algorithm drops out, and what would be run twice is run once.
        </p>
      </div>
      <datalist id={list}>
        {fields.map((field) => (
          <option key={field.path} value={field.path}>
            {field.title}
          </option>
        ))}
      </datalist>
      {axes.length === 0 && <p className="text-muted">No axis: one configuration, over the seeds.</p>}
      <ul className="space-y-3">
        {axes.map((axis, index) => (
          // an axis has no name of its own, and its field may be typed anew
          <li key={index}>
            <AxisRow
              axis={axis}
              number={index + 1}
              list={list}
              field={fields.find((field) => field.path === axis.field.trim())}
              problem={form.detailProblems.find((problem) => problem.path === `axes.${index}`)?.message}
              onChange={(part) => change(index, part)}
              onRemove={() => set(axes.filter((_, at) => at !== index))}
            />
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        {offers.map(({ label, field, values }) => (
          <Button key={field} size="sm" onClick={() => set([...axes, { field, values }])}>
            <Plus aria-hidden="true" /> {label}
          </Button>
        ))}
        <Button size="sm" variant="ghost" disabled={axes.length >= 10} onClick={() => set([...axes, { field: "", values: "" }])}>
          <Plus aria-hidden="true" /> Any field
        </Button>
      </div>
    </Card>
  );
}

interface RowProps {
  axis: AxisDraft;
  number: number;
  /** Id of the list of fields. */
  list: string;
  field: GridField | undefined;
  problem: string | undefined;
  onChange: (part: Partial<AxisDraft>) => void;
  onRemove: () => void;
}

function AxisRow({ axis, number, list, field, problem, onChange, onRemove }: RowProps) {
  const id = useId();
  const [whole, setWhole] = useState(false);
  const unknown = axis.field.trim() !== "" && field === undefined && !/\.\d+(\.|$)/.test(axis.field);
  return (
    <div className="grid gap-x-3 gap-y-1.5 border-l-2 border-accent pl-3 max-sm:grid-cols-[minmax(0,1fr)_auto] sm:grid-cols-[minmax(0,16rem)_minmax(0,1fr)_auto]" data-path={`launch.axes.${number - 1}`}>
      <Input
        aria-label={`Field of axis ${number}`}
        aria-invalid={problem !== undefined || unknown}
        aria-describedby={`${id}-note`}
        list={list}
        spellCheck={false}
        autoComplete="off"
        className="font-mono text-xs"
        placeholder="Any field, such as max_steps"
        value={axis.field}
        onChange={(event) => onChange({ field: event.target.value })}
      />
      <div className="min-w-0 max-sm:order-1 max-sm:col-span-2">
        {field && field.options.length > 0 ? (
          <Options options={field.options} label={`Values of ${axis.field}`} values={parseValues(axis.values)} onChange={(values) => onChange({ values: valuesText(values) })} />
        ) : (
          <Input
            aria-label={`Values of ${axis.field || `axis ${number}`}`}
            aria-invalid={problem !== undefined}
            aria-describedby={`${id}-note`}
            autoComplete="off"
            className="tabular"
            placeholder="Values, such as 0.5, 1, 2"
            value={axis.values}
            onChange={(event) => onChange({ values: event.target.value })}
          />
        )}
      </div>
      <Button size="icon" variant="ghost" aria-label={`Remove axis ${number}`} onClick={onRemove}>
        <Trash2 aria-hidden="true" />
      </Button>
      <p id={`${id}-note`} className={cn("text-xs max-sm:order-2 max-sm:col-span-2 sm:col-span-3", problem || unknown ? "text-danger" : "text-muted")}>
        {problem ? (
          `Axis ${number} ${problem}.`
        ) : unknown ? (
          "No field of the configuration has this path."
        ) : field ? (
          <button type="button" className={cn("text-left", whole ? "" : "line-clamp-1")} aria-expanded={whole} onClick={() => setWhole(!whole)}>
            {field.unit && `In ${field.unit}. `}
            <Help text={field.help} />
            {field.some && " Only some variants have it."}
          </button>
        ) : (
          "Search the fields by typing."
        )}
      </p>
    </div>
  );
}

interface OptionsProps {
  options: readonly Json[];
  values: readonly Json[];
  label: string;
  onChange: (values: Json[]) => void;
}

/** A few words to switch on and off; the order is the schema's. */
function Options({ options, values, label, onChange }: OptionsProps) {
  const isOn = (option: Json) => values.some((value) => sameJson(value, option));
  const toggle = (option: Json) => onChange(options.filter((one) => (sameJson(one, option) ? !isOn(one) : isOn(one))));
  return (
    <div role="group" aria-label={label} className="flex min-h-8 flex-wrap items-center gap-1.5">
      {options.map((option) => {
        const text = typeof option === "string" ? option : JSON.stringify(option);
        const on = isOn(option);
        return (
          <button
            key={text}
            type="button"
            aria-pressed={on}
            onClick={() => toggle(option)}
            className={cn(
              "rounded-full border px-2.5 py-0.5 font-mono text-xs",
              on ? "border-accent bg-accent-soft font-medium text-accent-strong" : "border-line text-muted hover:text-text",
            )}
          >
            {text}
          </button>
        );
      })}
    </div>
  );
}
