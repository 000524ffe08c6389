// The live stream: server-sent events with a cursor, so that a page that was away misses nothing.
//
// The browser reconnects by itself after a dropped connection and sends Last-Event-ID. What it does not
// do is handled here: retry after a refusal (it gives up then), and close while the tab is hidden, since
// a browser opens only six connections to a server over HTTP/1.1.
import type { LogLine, MetricPoint, RunSummary, SystemSample } from "./types";

export interface StreamEvents {
  run: RunSummary;
  metrics: { run_id: string; points: MetricPoint[] };
  system: { run_id: string; points: SystemSample[] };
  log: { run_id: string; lines: LogLine[] };
  rollouts: { run_id: string; step: number };
  checkpoint: { run_id: string; step: number };
  provenance: { run_id: string; attempt: number };
  /** A job on one of the run's checkpoints was asked for. */
  job: { run_id: string; job_id: string };
  /** An alert of the run was raised, is over or was acknowledged. */
  alert: { run_id: string; rule: string; active: boolean };
}

/** `live`: what arrives is news. `connecting`: not yet, or replaying. `paused`: the tab is hidden. `offline`: retrying. */
export type StreamState = "connecting" | "live" | "paused" | "offline";

export type StreamHandlers = { [Name in keyof StreamEvents]?: (data: StreamEvents[Name]) => void } & {
  /** The replay is over. `gap`: something may have been missed since the last time, so read everything again. */
  ready?: (gap: boolean) => void;
  state?: (state: StreamState) => void;
};

const NAMES: readonly (keyof StreamEvents)[] = ["run", "metrics", "system", "log", "rollouts", "checkpoint", "provenance", "job", "alert"];
const RETRY_MS = [1000, 2000, 5000, 10_000] as const;

/** What a test replaces. */
export interface StreamEnvironment {
  open: (url: string) => EventSource;
  document: Pick<Document, "hidden" | "addEventListener" | "removeEventListener">;
}

const browser = (): StreamEnvironment => ({ open: (url) => new EventSource(url), document });

/** One stream of the given runs; `"*"` carries only `run` events, of all runs, and replays nothing. */
export class LiveStream {
  private source: EventSource | null = null;
  private cursor: string | null = null;
  private wasReady = false;
  private gap = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: StreamState | null = null;

  constructor(
    private readonly runs: readonly string[] | "*",
    private readonly handlers: StreamHandlers,
    private readonly environment: StreamEnvironment = browser(),
  ) {
    environment.document.addEventListener("visibilitychange", this.onVisibility);
    this.onVisibility();
  }

  close(): void {
    this.environment.document.removeEventListener("visibilitychange", this.onVisibility);
    this.disconnect();
  }

  private readonly onVisibility = (): void => {
    if (this.environment.document.hidden) {
      this.disconnect();
      this.setState("paused");
    } else if (!this.source) {
      this.failures = 0;
      this.connect();
    }
  };

  private connect(): void {
    clearTimeout(this.timer);
    this.setState("connecting");
    const resumes = this.runs !== "*" && this.cursor !== null;
    if (this.wasReady && !resumes) this.gap = true;
    const query = new URLSearchParams({ runs: this.runs === "*" ? "*" : this.runs.join(",") });
    if (resumes && this.cursor !== null) query.set("after", this.cursor);
    const source = this.environment.open(`/api/v1/stream?${query.toString()}`);
    this.source = source;
    for (const name of NAMES) source.addEventListener(name, (event: MessageEvent<string>) => this.receive(name, event));
    source.addEventListener("ready", (event: MessageEvent<string>) => {
      this.remember(event);
      this.failures = 0;
      this.wasReady = true;
      this.setState("live");
      this.tellGap();
    });
    source.addEventListener("reset", (event: MessageEvent<string>) => {
      // the journal does not reach back to our cursor: what is between was missed
      this.remember(event);
      this.gap = true;
      if (this.state === "live") this.tellGap();
    });
    source.addEventListener("error", () => this.onError(source));
  }

  private tellGap(): void {
    const gap = this.gap;
    this.gap = false;
    this.handlers.ready?.(gap);
  }

  private receive(name: keyof StreamEvents, event: MessageEvent<string>): void {
    this.remember(event);
    const data: unknown = JSON.parse(event.data);
    // the server's contract: the event's name says the type of its data
    (this.handlers[name] as ((data: unknown) => void) | undefined)?.(data);
  }

  private remember(event: MessageEvent<string>): void {
    if (event.lastEventId) this.cursor = event.lastEventId;
  }

  private onError(source: EventSource): void {
    if (source !== this.source) return;
    this.setState("offline");
    // a table's stream replays nothing, so whatever happened while it was away is missed
    if (this.runs === "*" && this.wasReady) this.gap = true;
    if (source.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
    this.disconnect();
    // refused: perhaps the cursor is not known any more, so start anew the next time
    if (this.cursor !== null && this.failures > 0) this.cursor = null;
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private disconnect(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private setState(state: StreamState): void {
    if (state === this.state) return;
    this.state = state;
    this.handlers.state?.(state);
  }
}
