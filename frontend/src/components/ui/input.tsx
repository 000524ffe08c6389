import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

const field =
  "w-full rounded-md border border-line-strong/70 bg-surface px-2.5 aria-invalid:border-danger disabled:opacity-60 read-only:bg-surface-2";

export function Input({ className, type = "text", ...props }: ComponentProps<"input">) {
  return <input type={type} className={cn(field, "h-8", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn(field, "min-h-20 py-1.5", className)} {...props} />;
}
