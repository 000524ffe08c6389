import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import { vi } from "vitest";

import type { FieldError } from "@/api/types";
import { App } from "@/app/App";
import { makeQueryClient } from "@/app/queryClient";
import { makeRouter } from "@/app/router";

type Answer = (request: Request) => unknown;

/** An answer of the API that is not a success. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: FieldError[] = [],
  ) {}
}

class SilentEventSource extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  close() {
    this.readyState = SilentEventSource.CLOSED;
  }
}

/** The whole dashboard at `path`, in front of an API that gives these answers by method and path. */
export function renderApp(path: string, answers: Record<string, Answer>) {
  const asked: Request[] = [];
  const all: Record<string, Answer> = {
    "GET /api/v1/auth/me": () => ({ name: "ana", kind: "user", version: "0.1.0" }),
    "GET /api/v1/projects": () => [{ name: "default", runs: 1 }],
    "POST /api/v1/metrics/query": () => ({ series: [] }),
    ...answers,
  };
  vi.stubGlobal("EventSource", SilentEventSource);
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    const name = `${request.method} ${new URL(request.url).pathname}`;
    const answer = all[name]?.(request) ?? new Refusal(404, `${name} is not there`);
    const refused = answer instanceof Refusal;
    const body = refused ? { title: "Refused", status: answer.status, detail: answer.detail, errors: answer.errors } : answer;
    return Promise.resolve(Response.json(body, { status: refused ? answer.status : 200 }));
  });
  const router = makeRouter(createMemoryHistory({ initialEntries: [path] }));
  render(<App router={router} client={makeQueryClient()} />);
  return { router, asked };
}
