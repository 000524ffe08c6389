import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

export function Label({ className, htmlFor, children, ...props }: ComponentProps<"label">) {
  return (
    <label htmlFor={htmlFor} className={cn("text-xs font-medium text-muted", className)} {...props}>
      {children}
    </label>
  );
}
