import { MessageSquareText } from "lucide-react";

/** What the data does and does not show, in plain words. */
export function Remarks({ remarks }: { remarks: readonly string[] }) {
  if (remarks.length === 0) return null;
  return (
    <section aria-label="Remarks" className="flex gap-3 rounded-lg border border-accent/40 bg-accent-soft px-4 py-3">
      <MessageSquareText aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-accent" />
      <ul className="max-w-prose min-w-0 space-y-1">
        {remarks.map((remark) => (
          <li key={remark}>{remark}</li>
        ))}
      </ul>
    </section>
  );
}
