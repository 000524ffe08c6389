import { Search } from "lucide-react";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

const field =
  "w-full rounded-md border border-line-strong/70 bg-surface px-2.5 aria-invalid:border-danger disabled:opacity-60 read-only:bg-surface-2";

export function Input({ className, type = "text", ...props }: ComponentProps<"input">) {
  return <input type={type} className={cn(field, "h-8", className)} {...props} />;
}

/** A field to search in; `className` sizes it, and its label says what is searched. */
export function SearchInput({ className, ...props }: Omit<ComponentProps<"input">, "type">) {
  return (
    <div className={cn("relative", className)}>
      <Search aria-hidden="true" className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" />
      <Input type="search" className="pl-8" {...props} />
    </div>
  );
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn(field, "min-h-20 py-1.5", className)} {...props} />;
}
