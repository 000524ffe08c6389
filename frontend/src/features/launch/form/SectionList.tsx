import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";

import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem } from "@/components/ui/dropdown-menu";

import { variantOf, type Json, type ListNode, type Variant } from "../schema";
import { defaultOf, pathKey, type Path } from "../values";
import { fieldId, problemsAt, useFormState } from "./context";
import { SectionFields, VariantSelect } from "./Field";
import { Help } from "./Help";
import { Problems } from "./Problems";
import { ResetButton } from "./ResetButton";

interface Props {
  node: ListNode;
  path: Path;
  value: Json;
}

/** A list of sections or variants, such as the reward functions: add, remove, reorder. */
export function SectionList({ node, path, value }: Props) {
  const form = useFormState();
  const items = Array.isArray(value) ? value : [];
  const key = pathKey(path);
  const set = (next: Json[]) => form.setValue(path, next);
  const full = items.length >= node.maxItems;
  const move = (index: number, by: number) => {
    const next = [...items];
    const [item] = next.splice(index, 1);
    if (item !== undefined) next.splice(index + by, 0, item);
    set(next);
  };
  const add = (variant?: Variant) => set([...items, defaultOf(variant?.section ?? node.item)]);
  const addButton = (
    <Button size="sm" disabled={full} onClick={node.item.kind === "union" ? undefined : () => add()}>
      <Plus aria-hidden="true" /> Add
    </Button>
  );
  return (
    <fieldset id={fieldId(key)} tabIndex={-1} data-path={key} className="min-w-0 space-y-2 py-2 pl-3">
      <legend className="float-left w-full">
        <span id={`${fieldId(key)}-label`} className="font-medium">
          {node.title}
        </span>{" "}
        <span className="font-mono text-xs text-muted">{node.key}</span>{" "}
        {form.changed.has(key) && <ResetButton labelId={`${fieldId(key)}-label`} onReset={() => form.resetValue(path, node)} />}
      </legend>
      <p className="clear-both text-xs text-muted">
        <Help text={node.help} />
      </p>
      <Problems problems={problemsAt(form, key)} boxed />
      <ol className="space-y-2">
        {items.map((item, index) => (
          // entries have no identity of their own: the place is what their values are kept by
          <li key={index} className="rounded-md border border-line bg-bg/60 p-2">
            <Entry
              node={node}
              path={[...path, index]}
              value={item}
              onMoveUp={index > 0 ? () => move(index, -1) : undefined}
              onMoveDown={index < items.length - 1 ? () => move(index, 1) : undefined}
              onRemove={items.length > node.minItems ? () => set(items.filter((_, other) => other !== index)) : undefined}
            />
          </li>
        ))}
      </ol>
      {node.item.kind === "union" && !full ? (
        <DropdownMenu align="start" trigger={addButton}>
          {node.item.variants.map((variant) => (
            <MenuItem key={variant.tag} className="max-w-96" onSelect={() => add(variant)}>
              <span>
                <span className="font-medium">{variant.tag}</span>
                <span className="block text-xs text-muted">
                  <Help text={variant.help} />
                </span>
              </span>
            </MenuItem>
          ))}
        </DropdownMenu>
      ) : (
        addButton
      )}
    </fieldset>
  );
}

interface EntryProps {
  node: ListNode;
  path: Path;
  value: Json;
  onMoveUp: (() => void) | undefined;
  onMoveDown: (() => void) | undefined;
  onRemove: (() => void) | undefined;
}

function Entry({ node, path, value, onMoveUp, onMoveDown, onRemove }: EntryProps) {
  const form = useFormState();
  const key = pathKey(path);
  const variant = node.item.kind === "union" ? variantOf(node.item, value) : undefined;
  const section = node.item.kind === "section" ? node.item : variant?.section;
  const place = `entry ${Number(path.at(-1)) + 1} of ${node.title}`;
  const only = node.minItems === 1 ? "One must stay" : "No fewer are allowed";
  return (
    <div data-path={key}>
      <div className="flex items-center gap-1">
        <div className="min-w-0 flex-1">
          {node.item.kind === "union" && (
            <VariantSelect
              node={node.item}
              value={value}
              control={{ id: fieldId(key), "aria-label": `Kind of ${place}`, "aria-invalid": problemsAt(form, key).length > 0 }}
              onChoose={(tag) => form.chooseVariant(path, tag)}
            />
          )}
        </div>
        <Button size="icon" variant="ghost" aria-label={`Move ${place} up`} disabled={!onMoveUp} onClick={onMoveUp}>
          <ArrowUp aria-hidden="true" />
        </Button>
        <Button size="icon" variant="ghost" aria-label={`Move ${place} down`} disabled={!onMoveDown} onClick={onMoveDown}>
          <ArrowDown aria-hidden="true" />
        </Button>
        <Button
          size="icon"
          variant="ghost"
          aria-label={`Remove ${place}`}
          title={onRemove ? undefined : only}
          disabled={!onRemove}
          onClick={onRemove}
        >
          <Trash2 aria-hidden="true" />
        </Button>
      </div>
      {variant?.help && (
        <p className="mt-1 px-3 text-xs text-muted">
          <Help text={variant.help} />
        </p>
      )}
      <div className="mt-1">
        <Problems problems={problemsAt(form, key)} boxed />
      </div>
      {section && <SectionFields node={section} path={path} value={value} />}
    </div>
  );
}
