import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LiveStream, type StreamEnvironment, type StreamHandlers } from "./stream";

/** What the browser's EventSource does, by hand. */
class Source extends EventTarget {
  readyState = 1;
  closed = false;
  constructor(readonly url: string) {
    super();
  }
  close() {
    this.closed = true;
  }
  send(name: string, data: unknown, id: string) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId: id }));
  }
  drop() {
    this.readyState = 0; // the browser reconnects by itself
    this.dispatchEvent(new Event("error"));
  }
  refuse() {
    this.readyState = 2;
    this.dispatchEvent(new Event("error"));
  }
}

class Page extends EventTarget {
  hidden = false;
  show(visible: boolean) {
    this.hidden = !visible;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

let sources: Source[];
let page: Page;

function open(runs: string[] | "*", handlers: StreamHandlers = {}): LiveStream {
  const environment: StreamEnvironment = {
    document: page,
    open: (url) => {
      const source = new Source(url);
      sources.push(source);
      return source as unknown as EventSource;
    },
  };
  return new LiveStream(runs, handlers, environment);
}

function newest(): Source {
  const source = sources.at(-1);
  if (!source) throw new Error("no stream was opened");
  return source;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", { CLOSED: 2 });
  sources = [];
  page = new Page();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("LiveStream", () => {
  it("starts now, and hands on what arrives", () => {
    const run = vi.fn();
    const ready = vi.fn();
    const state = vi.fn();
    open(["a", "b"], { run, ready, state });
    expect(newest().url).toBe("/api/v1/stream?runs=a%2Cb");
    newest().send("ready", {}, "a:1");
    newest().send("run", { id: "a" }, "a:2");
    expect(ready).toHaveBeenCalledExactlyOnceWith(false);
    expect(run).toHaveBeenCalledExactlyOnceWith({ id: "a" });
    expect(state.mock.calls.flat()).toEqual(["connecting", "live"]);
  });

  it("closes while the tab is hidden and goes on from the last event when it is shown", () => {
    const ready = vi.fn();
    open(["a"], { ready });
    newest().send("ready", {}, "c1");
    newest().send("metrics", { run_id: "a", points: [] }, "c2");
    page.show(false);
    expect(newest().closed).toBe(true);
    page.show(true);
    expect(sources).toHaveLength(2);
    expect(newest().url).toBe("/api/v1/stream?runs=a&after=c2");
    newest().send("ready", {}, "c2");
    expect(ready).toHaveBeenLastCalledWith(false);
  });

  it("tells of a gap when the journal does not reach back to the cursor", () => {
    const ready = vi.fn();
    open(["a"], { ready });
    newest().send("reset", { run_id: "a" }, "a.9");
    newest().send("ready", {}, "a.9");
    expect(ready).toHaveBeenCalledExactlyOnceWith(true);
    newest().send("reset", { run_id: "a" }, "a.20");
    expect(ready).toHaveBeenCalledTimes(2);
    expect(ready).toHaveBeenLastCalledWith(true);
  });

  it("opens nothing in a hidden tab until it is shown", () => {
    page.hidden = true;
    const state = vi.fn();
    open(["a"], { state });
    expect(sources).toHaveLength(0);
    expect(state).toHaveBeenLastCalledWith("paused");
    page.show(true);
    expect(sources).toHaveLength(1);
  });

  it("leaves reconnecting after a dropped connection to the browser, which sends Last-Event-ID", () => {
    const state = vi.fn();
    open(["a"], { state });
    newest().send("ready", {}, "c1");
    newest().drop();
    expect(state).toHaveBeenLastCalledWith("offline");
    vi.runAllTimers();
    expect(sources).toHaveLength(1);
    newest().send("ready", {}, "c3");
    expect(state).toHaveBeenLastCalledWith("live");
  });

  it("tries again after a refusal, with the cursor first and then anew, and says that something may be missing", () => {
    const ready = vi.fn();
    open(["a"], { ready });
    newest().send("ready", {}, "c1");
    newest().refuse();
    vi.advanceTimersByTime(1000);
    expect(newest().url).toContain("after=c1");
    newest().refuse();
    vi.advanceTimersByTime(2000);
    expect(sources).toHaveLength(3);
    expect(newest().url).not.toContain("after");
    newest().send("ready", {}, "d1");
    expect(ready).toHaveBeenLastCalledWith(true);
  });

  it("tells a table after every interruption that something may be missing, for its stream replays nothing", () => {
    const ready = vi.fn();
    open("*", { ready });
    newest().send("ready", {}, "x");
    expect(ready).toHaveBeenLastCalledWith(false);
    newest().drop();
    newest().send("ready", {}, "y");
    expect(ready).toHaveBeenLastCalledWith(true);
    page.show(false);
    page.show(true);
    expect(newest().url).toBe("/api/v1/stream?runs=*");
    newest().send("ready", {}, "z");
    expect(ready).toHaveBeenLastCalledWith(true);
  });

  it("does nothing any more once it is closed", () => {
    const stream = open(["a"]);
    newest().refuse();
    stream.close();
    vi.runAllTimers();
    page.show(false);
    page.show(true);
    expect(sources).toHaveLength(1);
  });
});
