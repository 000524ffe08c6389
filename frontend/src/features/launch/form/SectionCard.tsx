import { ChevronRight } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { cn } from "@/lib/cn";

import { countUnder } from "../problems";
import type { SectionNode, UnionNode, Json } from "../schema";
import { summarise, type SummaryPart } from "../summary";
import { pathKey, type Path } from "../values";
import { problemsAt, useFormState } from "./context";
import { SectionFields, UnionFields } from "./Field";
import { Help } from "./Help";
import { Problems } from "./Problems";

interface Props {
  node: SectionNode | UnionNode;
  /** Empty for the fields that stand in no section. */
  path: Path;
  value: Json;
  title: string;
  open: boolean;
  onToggle: () => void;
}

/** A section of the configuration, folded into one line of its values or open. */
export function SectionCard({ node, path, value, title, open, onToggle }: Props) {
  const form = useFormState();
  const key = pathKey(path);
  const id = `section-${path.length > 0 ? key : "general"}`;
  const under = (at: string) => (path.length > 0 ? at === key || at.startsWith(`${key}.`) : node.kind === "section" && node.fields.some((field) => field.key === at));
  const changed = [...form.changed].filter(under).length;
  const wrong = path.length > 0 ? countUnder(form.problems, key) : [...form.problems.keys()].filter(under).length;
  return (
    <Card id={id} data-section={key} tabIndex={-1} className={cn("scroll-mt-16", wrong > 0 && "border-danger/60")}>
      <h2>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={open ? `${id}-body` : undefined}
          className="flex w-full items-center gap-2 rounded-lg px-3 py-2.5 text-left hover:bg-surface-2/60"
          onClick={onToggle}
        >
          <ChevronRight aria-hidden="true" className={cn("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")} />
          <span className="shrink-0 font-semibold">{title}</span>
          <span className="min-w-0 flex-1 truncate text-xs text-muted">
            {open ? <Help text={node.help} /> : <Summary parts={summarise(node, value, form.changed, path)} />}
          </span>
          {wrong > 0 && <Badge tone="danger">{wrong === 1 ? "1 problem" : `${wrong} problems`}</Badge>}
          {changed > 0 && <Badge tone="accent">{changed} changed</Badge>}
        </button>
      </h2>
      {open && (
        <div id={`${id}-body`} className="border-t border-line px-3 pt-1 pb-3 sm:px-4">
          {node.kind === "section" && path.length > 0 && <Problems problems={problemsAt(form, key)} boxed />}
          {node.kind === "union" ? (
            <UnionFields node={node} path={path} value={value} />
          ) : (
            <SectionFields node={node} path={path} value={value} />
          )}
        </div>
      )}
    </Card>
  );
}

function Summary({ parts }: { parts: SummaryPart[] }) {
  return parts.map((part, index) => (
    <span key={`${part.label} ${index}`}>
      {index > 0 && <span aria-hidden="true"> · </span>}
      {part.label && <span>{part.label} </span>}
      <span className={cn("font-medium tabular", part.changed ? "text-accent" : "text-text")}>{part.value}</span>
    </span>
  ));
}
