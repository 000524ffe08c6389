import type { ReactNode } from "react";

/** A command or a value to type, inline. */
export function Code({ children }: { children: ReactNode }) {
  return <code className="rounded bg-surface-2 px-1 py-0.5 font-mono whitespace-nowrap text-[0.92em] text-text">{children}</code>;
}
