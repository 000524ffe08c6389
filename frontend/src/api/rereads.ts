// Answers that the stream says are out of date, read again at most so often, however fast it says so.
import type { QueryClient, QueryKey } from "@tanstack/react-query";

const APART_MS = 2000;

export class Rereads {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly waiting = new Set<string>();

  constructor(private readonly client: QueryClient) {}

  /** Reads the answer of exactly this key again: now, or once in two seconds after the last time. */
  ask(queryKey: QueryKey): void {
    const name = JSON.stringify(queryKey);
    if (this.timers.has(name)) {
      this.waiting.add(name);
      return;
    }
    void this.client.invalidateQueries({ queryKey, exact: true });
    const rest = () => {
      this.timers.delete(name);
      if (this.waiting.delete(name)) this.ask(queryKey);
    };
    this.timers.set(name, setTimeout(rest, APART_MS));
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.waiting.clear();
  }
}
