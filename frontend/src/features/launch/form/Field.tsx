import { lazy, Suspense } from "react";

import { Skeleton } from "@/components/ui/skeleton";

import { isShown, variantOf, type FieldNode, type Json, type SectionNode, type UnionNode } from "../schema";
import { anyMatches, fieldMatches } from "../summary";
import { getIn, pathKey, type Path } from "../values";
import { Select } from "@/components/ui/select";

import { ChoiceControl, EitherControl, JsonControl, NumberControl, SwitchControl, TextControl } from "./controls";
import { type FormState, problemsAt, useFormState } from "./context";
import { FieldRow } from "./FieldRow";
import { Help } from "./Help";
import { Problems } from "./Problems";
import { SectionList } from "./SectionList";
import { ValueList } from "./ValueList";
import { countUnder } from "../problems";

const DatasetControl = lazy(() => import("./DatasetControl").then((module) => ({ default: module.DatasetControl })));

interface Props<Node> {
  node: Node;
  path: Path;
  value: Json;
}

/** Whether a field is in sight: advanced ones when asked for, touched, wrong or searched for. */
function inSight(form: FormState, node: FieldNode, path: Path, value: Json): boolean {
  if (!isShown(node)) return false;
  if (form.query) return anyMatches(node, value, path, form.query);
  const key = pathKey(path);
  return !node.advanced || form.showAdvanced || form.touched.has(key) || countUnder(form.problems, key) > 0;
}

/** The fields of a section, one below the other. */
export function SectionFields({ node, path, value }: Props<SectionNode>) {
  const form = useFormState();
  // a section that answers the search itself shows everything in it
  const whole = form.query !== "" && path.length > 0 && fieldMatches(node, path, form.query);
  return node.fields
    .map((field) => ({ field, at: [...path, field.key], held: getIn(value, [field.key]) ?? null }))
    .filter(({ field, at, held }) => (whole && isShown(field)) || inSight(form, field, at, held))
    .map(({ field, at, held }) => <Field key={field.key} node={field} path={at} value={held} />);
}

/** A union: which variant, what it is, and its fields. */
export function UnionFields({ node, path, value }: Props<UnionNode>) {
  const form = useFormState();
  const variant = variantOf(node, value);
  return (
    <>
      <FieldRow node={{ ...node, key: node.discriminator, help: variant?.help ?? node.help }} path={path}>
        {(control) => <VariantSelect node={node} value={value} control={control} onChoose={(tag) => form.chooseVariant(path, tag)} />}
      </FieldRow>
      {variant && <SectionFields node={variant.section} path={path} value={value} />}
    </>
  );
}

interface VariantProps {
  node: UnionNode;
  value: Json;
  control: { id?: string; "aria-label"?: string; "aria-describedby"?: string; "aria-invalid"?: boolean };
  onChoose: (tag: string) => void;
}

export function VariantSelect({ node, value, control, onChoose }: VariantProps) {
  return (
    <Select
      {...control}
      value={variantOf(node, value)?.tag ?? ""}
      placeholder="Choose"
      options={node.variants.map((variant) => ({ value: variant.tag, label: variant.tag, description: variant.help }))}
      onChange={onChoose}
    />
  );
}

/** Any field, by its kind. */
export function Field({ node, path, value }: Props<FieldNode>) {
  const form = useFormState();
  const onChange = (next: Json) => form.setValue(path, next);
  switch (node.kind) {
    case "const":
      return null;
    case "section":
      return (
        <fieldset className="my-2 min-w-0 rounded-md border border-line px-2 py-1" data-path={pathKey(path)}>
          <legend className="px-1 font-medium">
            {node.title} <span className="font-mono text-xs font-normal text-muted">{node.key}</span>
          </legend>
          {node.help && (
            <p className="px-3 text-xs text-muted">
              <Help text={node.help} />
            </p>
          )}
          <div className="px-3">
            <Problems problems={problemsAt(form, pathKey(path))} boxed />
          </div>
          <SectionFields node={node} path={path} value={value} />
        </fieldset>
      );
    case "union":
      return <UnionFields node={node} path={path} value={value} />;
    case "list":
      if (node.item.kind === "union" || node.item.kind === "section") return <SectionList node={node} path={path} value={value} />;
      return (
        <FieldRow node={node} path={path}>
          {(control) => <ValueList node={node} value={value} onChange={onChange} control={control} label={node.title} />}
        </FieldRow>
      );
    case "number":
      return (
        <FieldRow node={node} path={path}>
          {(control) => <NumberControl node={node} value={value} onChange={onChange} control={control} />}
        </FieldRow>
      );
    case "text":
      if (node.dataset) {
        return (
          <FieldRow node={node} path={path} wide>
            {(control) => (
              <Suspense fallback={<Skeleton className="h-8" />}>
                <DatasetControl value={value} path={path} control={control} />
              </Suspense>
            )}
          </FieldRow>
        );
      }
      return (
        <FieldRow node={node} path={path} wide={node.multiline}>
          {(control) => <TextControl node={node} value={value} onChange={onChange} control={control} />}
        </FieldRow>
      );
    case "choice":
      return (
        <FieldRow node={node} path={path}>
          {(control) => <ChoiceControl node={node} value={value} onChange={onChange} control={control} />}
        </FieldRow>
      );
    case "switch":
      return (
        <FieldRow node={node} path={path}>
          {(control) => <SwitchControl node={node} value={value} onChange={onChange} control={control} />}
        </FieldRow>
      );
    case "json":
      return (
        <FieldRow node={node} path={path} wide>
          {(control) => <JsonControl node={node} value={value} onChange={onChange} control={control} />}
        </FieldRow>
      );
    case "either":
      return (
        <FieldRow node={node} path={path}>
          {(control) => <EitherControl node={node} value={value} onChange={onChange} control={control} />}
        </FieldRow>
      );
  }
}
