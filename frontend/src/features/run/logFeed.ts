// Log lines on their way from the page's stream to the log panel, which is there only while its tab is.
import type { LogLine } from "@/api/types";

type Listener = (lines: readonly LogLine[]) => void;

export class LogFeed {
  private readonly listeners = new Set<Listener>();

  push(lines: readonly LogLine[]): void {
    for (const listener of this.listeners) listener(lines);
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export const LEVELS = ["debug", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a line passes the filters, as the server decides for the lines it sends. */
export function passes(line: LogLine, level: Level | null, q: string): boolean {
  if (level && LEVELS.indexOf(line.level) < LEVELS.indexOf(level)) return false;
  return line.message.toLowerCase().includes(q.toLowerCase());
}

/** Both lists as one, in order and each line once. */
export function mergeLines(held: readonly LogLine[], added: readonly LogLine[]): LogLine[] {
  const last = held.at(-1)?.id ?? -Infinity;
  if (added.every((line, i) => line.id > (added[i - 1]?.id ?? last))) return [...held, ...added];
  const byId = new Map([...held, ...added].map((line) => [line.id, line]));
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

/** A message in pieces, those that match marked. */
export function matches(message: string, q: string): { text: string; hit: boolean }[] {
  if (!q) return [{ text: message, hit: false }];
  const escaped = q.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return message
    .split(new RegExp(`(${escaped})`, "gi"))
    .map((text, i) => ({ text, hit: i % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
