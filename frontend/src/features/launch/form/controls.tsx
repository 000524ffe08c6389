import { useState } from "react";

import { Input, Textarea } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";

import type { ChoiceNode, EitherNode, JsonNode, Json, NumberNode, SwitchNode, TextNode } from "../schema";
import { defaultOf, sameJson } from "../values";
import { checkConfig } from "../check";
import type { ControlProps } from "./FieldRow";
import { ValueList } from "./ValueList";

interface Props<Node> {
  node: Node;
  value: Json;
  onChange: (value: Json) => void;
  control: ControlProps;
}

const NUMBER = /^[-+]?(\d[\d_]*\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** What was typed, as a number where it is one; else as it is, so that it can be pointed out. */
export function parseNumber(text: string, nullable: boolean): Json {
  const trimmed = text.trim();
  if (trimmed === "") return nullable ? null : "";
  return NUMBER.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : text;
}

/** `0.0001` is easier to read as `1e-4`. */
export function numberText(value: Json): string {
  if (value === null) return "";
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 1e-3) return value.toExponential();
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** Text that stands for a value: what was typed stays as typed as long as it means the same. */
function useTyped(value: Json, parse: (text: string) => Json, write: (value: Json) => string): [string, (text: string) => void] {
  const [typed, setTyped] = useState(() => write(value));
  return [sameJson(parse(typed), value) ? typed : write(value), setTyped];
}

export function NumberControl({ node, value, onChange, control }: Props<NumberNode>) {
  const parse = (text: string) => parseNumber(text, node.nullable);
  const [text, setText] = useTyped(value, parse, numberText);
  return (
    <Input
      {...control}
      inputMode={node.integer && (node.min ?? -1) >= 0 ? "numeric" : "text"}
      autoComplete="off"
      className="tabular"
      placeholder={node.nullable ? "empty" : undefined}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        onChange(parse(event.target.value));
      }}
    />
  );
}

export function TextControl({ node, value, onChange, control }: Props<TextNode>) {
  const text = typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
  const change = (next: string) => onChange(next === "" && node.nullable ? null : next);
  const placeholder = node.nullable ? "empty" : undefined;
  if (node.multiline) {
    return (
      <Textarea
        {...control}
        rows={Math.min(12, Math.max(2, text.split("\n").length))}
        className="min-h-0 font-mono text-xs"
        spellCheck={false}
        placeholder={placeholder}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
    );
  }
  return (
    <Input
      {...control}
      spellCheck={false}
      autoComplete="off"
      placeholder={placeholder}
      value={text}
      onChange={(event) => change(event.target.value)}
    />
  );
}

const EMPTY = "\u0000empty";

export function ChoiceControl({ node, value, onChange, control }: Props<ChoiceNode>) {
  const options = node.options.map((option) => ({ value: String(option), label: String(option) }));
  if (node.nullable) options.unshift({ value: EMPTY, label: "empty" });
  return (
    <Select
      {...control}
      value={value === null ? EMPTY : typeof value === "object" ? "" : String(value)}
      placeholder="Choose"
      options={options}
      onChange={(next) => onChange(next === EMPTY ? null : (node.options.find((option) => String(option) === next) ?? next))}
    />
  );
}

export function SwitchControl({ value, onChange, control }: Props<SwitchNode>) {
  return (
    <span className="flex h-8 items-center gap-2">
      <Switch {...control} checked={value === true} onCheckedChange={onChange} />
      <span className="text-xs text-muted">{value === true ? "on" : "off"}</span>
    </span>
  );
}

export function JsonControl({ node, value, onChange, control }: Props<JsonNode>) {
  const parse = (text: string): Json => {
    try {
      return JSON.parse(text) as Json;
    } catch {
      return text;
    }
  };
  const write = (held: Json) => (typeof held === "string" && node.object ? held : JSON.stringify(held, null, 2));
  const [text, setText] = useTyped(value, parse, write);
  return (
    <Textarea
      {...control}
      rows={Math.min(12, Math.max(2, text.split("\n").length))}
      className="min-h-0 font-mono text-xs"
      spellCheck={false}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        onChange(parse(event.target.value));
      }}
    />
  );
}

/** One of several forms a value may have: a select of the form, then its control. */
export function EitherControl({ node, value, onChange, control }: Props<EitherNode>) {
  const fits = node.options.findIndex((option) => checkConfig(option, value).length === 0);
  const shape = node.options.findIndex((option) => (option.kind === "list") === Array.isArray(value));
  const chosen = fits >= 0 ? fits : Math.max(0, shape);
  const option = node.options[chosen];
  const options = node.options.map((one, index) => ({ value: String(index), label: eitherLabel(one) }));
  const choose = (index: string) => {
    const next = node.options[Number(index)];
    if (next) onChange(defaultOf(next));
  };
  return (
    <div className="space-y-1.5">
      <Select {...control} value={String(chosen)} options={options} onChange={choose} />
      {option?.kind === "list" && (
        <ValueList node={option} value={value} onChange={onChange} control={{ ...control, id: `${control.id}-list` }} label={node.title} />
      )}
      {option?.kind === "text" && (
        <TextControl node={option} value={value} onChange={onChange} control={{ ...control, id: `${control.id}-text` }} />
      )}
      {option?.kind === "number" && (
        <NumberControl node={option} value={value} onChange={onChange} control={{ ...control, id: `${control.id}-number` }} />
      )}
    </div>
  );
}

function eitherLabel(node: EitherNode["options"][number]): string {
  switch (node.kind) {
    case "const":
      return typeof node.value === "string" ? node.value : JSON.stringify(node.value);
    case "list":
      return "a list";
    case "number":
      return "a number";
    case "text":
      return "a text";
    default:
      return node.kind;
  }
}
