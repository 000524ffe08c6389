import { Check, Minus } from "lucide-react";
import { Checkbox as Base } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** A checkbox; `checked="indeterminate"` shows a dash. Give it a label or an `aria-label`. */
export function Checkbox({ className, ...props }: ComponentProps<typeof Base.Root>) {
  return (
    <Base.Root
      className={cn(
        "grid size-4 shrink-0 place-items-center rounded-sm border border-line-strong bg-surface text-accent-text",
        "data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent",
        className,
      )}
      {...props}
    >
      <Base.Indicator>
        {props.checked === "indeterminate" ? <Minus className="size-3" /> : <Check className="size-3" />}
      </Base.Indicator>
    </Base.Root>
  );
}
