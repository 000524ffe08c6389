import { Check } from "lucide-react";
import { DropdownMenu as Base } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/lib/cn";

const itemStyle =
  "relative flex items-center gap-2 rounded-md px-2 py-1.5 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-surface-2 [&_svg]:size-4";

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "center" | "end";
  /** Open from the first, for a menu that is mounted when it is asked for. */
  defaultOpen?: boolean;
  /** Whether the focus may go back to the trigger; an item that opened a panel keeps it there. */
  onCloseAutoFocus?: (event: Event) => void;
}

/** A menu that opens from its trigger (one element that takes a ref, such as a Button). */
export function DropdownMenu({ trigger, children, align = "end", defaultOpen = false, onCloseAutoFocus }: MenuProps) {
  return (
    <Base.Root modal={false} defaultOpen={defaultOpen}>
      <Base.Trigger asChild>{trigger}</Base.Trigger>
      <Base.Portal>
        <Base.Content
          align={align}
          sideOffset={4}
          {...(onCloseAutoFocus ? { onCloseAutoFocus } : {})}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-pop"
        >
          {children}
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({ className, danger = false, ...props }: ComponentProps<typeof Base.Item> & { danger?: boolean }) {
  return <Base.Item className={cn(itemStyle, danger && "text-danger", className)} {...props} />;
}

export function MenuCheckbox({ className, children, ...props }: ComponentProps<typeof Base.CheckboxItem>) {
  return (
    // the menu stays open, so that several can be ticked
    <Base.CheckboxItem
      className={cn(itemStyle, "pl-7", className)}
      onSelect={(event) => event.preventDefault()}
      {...props}
    >
      <Base.ItemIndicator className="absolute left-2">
        <Check className="text-accent" />
      </Base.ItemIndicator>
      {children}
    </Base.CheckboxItem>
  );
}

export function MenuLabel({ className, ...props }: ComponentProps<typeof Base.Label>) {
  return <Base.Label className={cn("px-2 py-1 text-xs font-medium text-muted", className)} {...props} />;
}

export function MenuSeparator() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
