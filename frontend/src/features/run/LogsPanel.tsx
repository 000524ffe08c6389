import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, Download, ScrollText } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

import { errorMessage } from "@/api/errors";
import type { LogLine } from "@/api/types";
import { Button } from "@/components/ui/button";
import { SearchInput } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { toast } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { formatTime } from "@/lib/format";
import { saveFile } from "@/lib/saveFile";
import { useDebounced } from "@/lib/useDebounced";

import { type Level, LEVELS, type LogFeed, matches } from "./logFeed";
import type { RunSearch } from "./search";
import { useLogs, wholeLog } from "./useLogs";

const route = getRouteApi("/runs/$runId");

interface Props {
  runId: string;
  name: string;
  feed: LogFeed;
}

const LEVEL_NAMES: Record<Level, string> = {
  debug: "All levels",
  info: "Info and above",
  warning: "Warnings and errors",
  error: "Errors",
};

/** The run's log: live, filtered by level and text. */
export function LogsPanel({ runId, name, feed }: Props) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const level = search.level ?? "debug";
  const [text, setText] = useState(search.q ?? "");
  const q = useDebounced(text.trim(), 250);
  const set = useCallback(
    (changes: Pick<RunSearch, "level" | "q">) =>
      void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false }),
    [navigate],
  );
  useEffect(() => {
    // a filtered log can be shared as a link
    set({ q: q || undefined });
  }, [q, set]);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    try {
      saveFile(`${name}.log`, await wholeLog(runId));
    } catch (error) {
      toast.error(`The log could not be read: ${errorMessage(error)}`);
    } finally {
      setSaving(false);
    }
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <SearchInput
          className="w-full sm:w-72"
          aria-label="Search the log"
          placeholder="Search the log"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Select
          aria-label="Level"
          className="w-48"
          value={level}
          onChange={(value) => set({ level: LEVELS.find((one) => one === value && one !== "debug") as RunSearch["level"] })}
          options={LEVELS.map((value) => ({ value, label: LEVEL_NAMES[value] }))}
        />
        <Button className="sm:ml-auto" onClick={save} disabled={saving}>
          <Download aria-hidden="true" /> {saving ? "Reading…" : "Download"}
        </Button>
      </div>
      <Lines key={`${level} ${q}`} runId={runId} feed={feed} level={level === "debug" ? null : level} q={q} />
    </div>
  );
}

interface LinesProps {
  runId: string;
  feed: LogFeed;
  level: Level | null;
  q: string;
}

function Lines({ runId, feed, level, q }: LinesProps) {
  const { lines, more, loadOlder, loading, isPending, error, retry } = useLogs(runId, feed, level, q);
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 22,
    overscan: 20,
    getItemKey: (index) => lines[index]?.id ?? index,
  });
  const count = lines.length;
  useEffect(() => {
    if (follow && count > 0) virtualizer.scrollToIndex(count - 1, { align: "end" });
  }, [follow, count, virtualizer]);

  // older lines come in at the top: what is looked at stays where it is
  const first = useRef<number | undefined>(undefined);
  const firstId = lines[0]?.id;
  useLayoutEffect(() => {
    const before = first.current;
    first.current = firstId;
    if (before === undefined || firstId === undefined || firstId === before) return;
    const index = lines.findIndex((line) => line.id === before);
    if (index > 0) virtualizer.scrollToIndex(index, { align: "start" });
  }, [firstId, lines, virtualizer]);

  if (isPending) return <Skeleton className="h-[60dvh] w-full" />;
  if (error) return <ErrorState error={error} title="The log could not be loaded" onRetry={() => void retry()} />;
  if (count === 0) {
    return (
      <EmptyState icon={<ScrollText aria-hidden="true" />} title={q || level ? "No such lines" : "Nothing logged yet"}>
        {q || level ? "No line of the log passes these filters." : "Lines appear here as soon as the run writes them."}
      </EmptyState>
    );
  }
  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    setFollow(element.scrollHeight - element.scrollTop - element.clientHeight < 30);
    if (element.scrollTop < 60) void loadOlder();
  };
  return (
    <div className="relative">
      <div
        ref={box}
        role="region"
        aria-label="Log lines"
        tabIndex={0}
        onScroll={onScroll}
        className="h-[60dvh] min-h-72 overflow-auto rounded-lg border border-line bg-surface font-mono text-xs leading-[1.35rem]"
      >
        {more && (
          <div className="sticky top-0 z-10 flex justify-center p-1">
            <Button size="sm" onClick={() => void loadOlder()} disabled={loading}>
              {loading ? "Reading…" : "Older lines"}
            </Button>
          </div>
        )}
        <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map((item) => {
            const line = lines[item.index];
            return (
              line && (
                <div
                  key={item.key}
                  ref={virtualizer.measureElement}
                  data-index={item.index}
                  className="absolute inset-x-0 top-0"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <Line line={line} q={q} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {!follow && (
        <Button
          variant="primary"
          size="sm"
          className="absolute right-4 bottom-3 shadow-pop"
          onClick={() => setFollow(true)}
        >
          <ArrowDownToLine aria-hidden="true" /> Follow
        </Button>
      )}
    </div>
  );
}

const COLORS: Record<Level, string> = {
  debug: "text-muted",
  info: "",
  warning: "text-warning",
  error: "text-danger",
};

function Line({ line, q }: { line: LogLine; q: string }) {
  return (
    <div className={cn("flex gap-3 px-3 hover:bg-surface-2", COLORS[line.level])}>
      <time dateTime={line.time} title={formatTime(line.time)} className="shrink-0 text-muted">
        {new Date(line.time).toLocaleTimeString("en-GB")}
      </time>
      <span className="w-13 shrink-0 max-sm:hidden">{line.level}</span>
      <span className="w-18 shrink-0 truncate text-muted max-sm:hidden" title={`attempt ${line.attempt}`}>
        {line.source}
      </span>
      <span className="min-w-0 break-words whitespace-pre-wrap">
        {matches(line.message, q).map(({ text, hit }, i) => (hit ? <mark key={i} className="rounded-sm bg-warning-soft text-inherit outline outline-warning/40">{text}</mark> : text))}
      </span>
    </div>
  );
}
