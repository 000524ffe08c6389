import { Progress } from "@/components/ui/progress";
import { formatNumber, NONE } from "@/lib/format";

interface Props {
  label: string;
  /** Null when it is not known. */
  value: number | null | undefined;
  max: number;
  unit: string;
}

/** How much of something is in use. */
export function Meter({ label, value, max, unit }: Props) {
  const known = value !== null && value !== undefined;
  const text = known ? `${formatNumber(value, 3)}${unit === "%" ? "\u202f%" : ` of ${formatNumber(max, 3)} ${unit}`}` : NONE;
  return (
    <div className="min-w-0">
      <div className="flex items-baseline justify-between gap-2 text-xs">
        <span className="text-muted">{label}</span>
        <span className="truncate tabular">{text}</span>
      </div>
      <Progress value={known ? Math.min(value, max) : 0} max={max} label={`${label} ${text}`} className="mt-0.5 h-1" />
    </div>
  );
}
