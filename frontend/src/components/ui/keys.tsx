import { keyLabels } from "@/lib/shortcuts";

/** Keys as they stand on a keyboard: `g r` is G, then R. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="inline-flex shrink-0 items-center gap-1 text-xs text-muted">
      {keyLabels(keys).map((step, index) => (
        <span key={index} className="inline-flex items-center gap-0.5">
          {index > 0 && <span className="px-0.5">then</span>}
          {step.map((key) => (
            <kbd key={key} className="min-w-5 rounded border border-line-strong bg-surface-2 px-1 text-center font-sans leading-4.5">
              {key}
            </kbd>
          ))}
        </span>
      ))}
    </span>
  );
}
