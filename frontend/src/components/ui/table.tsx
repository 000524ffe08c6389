import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

/** A table in a frame of its own that scrolls sideways, by keyboard too, where it is too wide. */
export function Table({ className, regionClass, ...props }: ComponentProps<"table"> & { "aria-label": string; regionClass?: string }) {
  return (
    <div
      role="region"
      aria-label={props["aria-label"]}
      tabIndex={0}
      className={cn("overflow-x-auto rounded-lg border border-line bg-surface", regionClass)}
    >
      <table className={cn("w-full border-collapse text-left", className)} {...props} />
    </div>
  );
}

export function Th({ className, ...props }: ComponentProps<"th">) {
  return (
    <th
      scope="col"
      className={cn("border-b border-line px-3 py-2 text-xs font-medium whitespace-nowrap text-muted", className)}
      {...props}
    />
  );
}

export function Td({ className, ...props }: ComponentProps<"td">) {
  return <td className={cn("border-b border-line px-3 py-2 align-middle", className)} {...props} />;
}
