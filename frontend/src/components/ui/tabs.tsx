import { Tabs as Base } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "@/lib/cn";

export const Tabs = Base.Root;

export function TabsList({ className, ...props }: ComponentProps<typeof Base.List>) {
  return (
    <Base.List
      className={cn("flex gap-1 overflow-x-auto border-b border-line [scrollbar-width:none]", className)}
      {...props}
    />
  );
}

export function TabsTrigger({ className, ...props }: ComponentProps<typeof Base.Trigger>) {
  return (
    <Base.Trigger
      className={cn(
        "-mb-px inline-flex items-center gap-1.5 border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-muted -outline-offset-2 hover:text-text",
        "data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text [&_svg]:size-4",
        className,
      )}
      {...props}
    />
  );
}

export function TabsContent({ className, ...props }: ComponentProps<typeof Base.Content>) {
  return <Base.Content className={cn("pt-4", className)} {...props} />;
}
