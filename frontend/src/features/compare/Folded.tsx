import { type ReactNode, useState } from "react";

/** A table of each run, behind its heading: hundreds of rows are drawn only for who asks for them. */
export function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit rounded text-xs text-muted">{title}</summary>
      {open && <div className="mt-2">{children}</div>}
    </details>
  );
}
