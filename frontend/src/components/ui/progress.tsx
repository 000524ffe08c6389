import { cn } from "@/lib/cn";

interface Props {
  value: number;
  max: number;
  label: string;
  className?: string;
  barClassName?: string;
}

export function Progress({ value, max, label, className, barClassName }: Props) {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={value}
      className={cn("h-1.5 overflow-hidden rounded-full bg-surface-2", className)}
    >
      <div
        className={cn("h-full rounded-full bg-accent", barClassName)}
        style={{ width: `${100 * share}%` }}
      />
    </div>
  );
}
