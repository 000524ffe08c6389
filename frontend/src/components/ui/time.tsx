import { useNow } from "@/lib/useNow";
import { formatAgo, formatTime } from "@/lib/format";

/** `3 min ago`, with the absolute time on hover. */
export function TimeAgo({ time, className }: { time: string; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={time} title={formatTime(time)} className={className}>
      {formatAgo(time, now)}
    </time>
  );
}
