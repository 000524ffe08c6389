import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** A grey block of the size of what is being loaded, so that nothing moves when it comes. */
export function Skeleton({ className, ...props }: ComponentProps<"div">) {
  return <div aria-hidden="true" className={cn("animate-pulse rounded-md bg-surface-2", className)} {...props} />;
}
