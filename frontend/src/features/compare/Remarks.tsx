import { MessageSquareText } from "lucide-react";

/** What the data does and does not show, in plain words. */
export function Remarks({ remarks }: { remarks: readonly string[] }) {
  if (remarks.length === 0) return null;
  return (
    <section aria-label="Remarks" className="flex gap-3 rounded-lg border border-accent/40 bg-accent-soft px-4 py-3">
      <MessageSquareText aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-accent" />
      <ul className="min-w-0 list-disc space-y-1 pl-4 [overflow-wrap:anywhere] marker:text-accent xl:columns-2 xl:gap-x-12">
        {remarks.map((remark) => (
          <li key={remark} className="break-inside-avoid">
            {remark}
          </li>
        ))}
      </ul>
    </section>
  );
}
