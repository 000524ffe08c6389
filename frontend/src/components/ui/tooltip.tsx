import { Tooltip as Base } from "radix-ui";
import type { ReactNode } from "react";

export const TooltipProvider = Base.Provider;

interface Props {
  content: ReactNode;
  /** One element that takes focus or hover and a ref. */
  children: ReactNode;
  side?: "top" | "right" | "bottom" | "left";
}

/** A short explanation on hover and focus. What is only here is not reachable by touch: never put a need in it. */
export function Tooltip({ content, children, side = "top" }: Props) {
  return (
    <Base.Root>
      <Base.Trigger asChild>{children}</Base.Trigger>
      <Base.Portal>
        <Base.Content
          side={side}
          sideOffset={5}
          collisionPadding={8}
          className="z-50 max-w-80 rounded-md bg-text px-2.5 py-1.5 text-xs break-words text-bg shadow-pop"
        >
          {content}
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}
