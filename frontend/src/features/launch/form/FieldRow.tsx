import { Grid3x3 } from "lucide-react";
import type { ReactNode } from "react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

import { boundsText } from "../check";
import type { FieldNode } from "../schema";
import { shortValue } from "../summary";
import { getIn, type Path, pathKey } from "../values";
import { fieldId, problemsAt, useFormState } from "./context";
import { Help } from "./Help";
import { Problems } from "./Problems";
import { ResetButton } from "./ResetButton";

/** What ties a control to its label, help and problems. */
export interface ControlProps {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

interface Props {
  node: FieldNode;
  path: Path;
  /** Wide controls take a line of their own. */
  wide?: boolean;
  children: (props: ControlProps) => ReactNode;
}

/** Whether the grid can go over it; seeds have a place of their own. */
function canVary(node: FieldNode, path: string): boolean {
  return path !== "seed" && node.kind !== "section" && (node.kind !== "list" || node.item.kind !== "union");
}

/** Label, help and problems around one control, with a mark and a way back where it was changed. */
export function FieldRow({ node, path, wide = false, children }: Props) {
  const form = useFormState();
  const key = pathKey(path);
  const id = fieldId(key);
  // of a union the grid goes over its tag
  const axis = node.kind === "union" ? [...path, node.discriminator] : path;
  const problems = [...form.problems]
    .filter(([at]) => at === key || (node.kind !== "union" && at.startsWith(`${key}.`)))
    .flatMap(([, list]) => list);
  const changed = form.changed.has(key);
  const range = node.kind === "number" ? boundsText(node) : "";
  const standard = node.default === undefined ? "" : `default ${shortValue(node, node.default)}`;
  const facts = [standard, range].filter(Boolean).join(" · ");
  return (
    <div
      data-path={key}
      className={cn(
        "grid scroll-mt-24 gap-x-6 gap-y-1.5 border-l-2 py-2.5 pl-3",
        !wide && "md:grid-cols-[minmax(0,1fr)_minmax(0,17rem)]",
        changed ? "border-accent" : "border-transparent",
        problemsAt(form, key).length > 0 && "border-danger",
      )}
    >
      <div className="min-w-0">
        <div className="flex min-h-6 flex-wrap items-center gap-x-2">
          <label id={`${id}-label`} htmlFor={id} className="font-medium">
            {node.title}
          </label>
          <span className="font-mono text-xs break-all text-muted">{node.key}</span>
          {form.varied.has(pathKey(axis)) ? (
            <Badge tone="accent">varied by the grid</Badge>
          ) : (
            form.vary && canVary(node, key) && (
              <Button
                size="sm"
                variant="ghost"
                className="h-6 px-1.5 text-muted"
                aria-label={`Vary ${node.title}`}
                onClick={() => form.vary?.(pathKey(axis), getIn(form.config, axis) ?? null)}
              >
                <Grid3x3 aria-hidden="true" className="size-3.5!" /> Vary
              </Button>
            )
          )}
          {changed && <ResetButton labelId={`${id}-label`} onReset={() => form.resetValue(path, node)} />}
        </div>
        {node.help && (
          <p id={`${id}-help`} className="max-w-prose text-xs text-muted">
            <Help text={node.help} />
          </p>
        )}
      </div>
      <div className="min-w-0 space-y-1">
        <div className="flex items-center gap-2">
          <div className="min-w-0 flex-1">
            {children({
              id,
              "aria-describedby": `${id}-help ${id}-problems`,
              "aria-invalid": problems.length > 0,
            })}
          </div>
          {node.unit && <span className="shrink-0 text-xs text-muted">{node.unit}</span>}
        </div>
        {facts && <p className="text-xs break-words text-muted">{facts}</p>}
        <div aria-live="polite">
          <Problems id={`${id}-problems`} problems={problems} />
        </div>
      </div>
    </div>
  );
}
