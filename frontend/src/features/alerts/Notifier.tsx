import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import { api, unwrap } from "@/api/client";
import { runAlerts } from "@/api/queries";
import { LiveStream } from "@/api/stream";
import type { RunSummary } from "@/api/types";
import { notifySettings, saveNotifySettings } from "@/lib/notifySettings";

import { type Known, known, type News, newsOf } from "./news";

const LOCK = "ahora-notifier";
const NEVER_HIDDEN = { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined };

/** Watches all runs, also while no tab is looked at, and tells what was asked for. One tab does it for all. */
export function Notifier() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const go = useRef(navigate);
  useEffect(() => {
    go.current = navigate;
  });
  useEffect(() => {
    const seen = new Map<string, Known>();
    const show = async (run: RunSummary, { kind, title, rules }: News) => {
      let body = run.status_reason;
      if (kind === "alert") {
        const all = await client.query({ ...runAlerts(run.id), staleTime: 0 }).catch(() => []);
        body = all.filter((alert) => rules.includes(alert.name)).map((alert) => alert.sentence).join(" ");
      } else {
        saveNotifySettings({ runs: notifySettings().runs.filter((one) => one !== run.id) });
      }
      const shown = new Notification(title, { body, tag: `ahora-${run.id}-${kind}-${rules.join()}`, icon: "/favicon.svg" });
      shown.onclick = () => {
        window.focus();
        shown.close();
        void go.current({ to: "/runs/$runId", params: { runId: run.id } });
      };
    };
    const take = (run: RunSummary) => {
      const news = Notification.permission === "granted" ? newsOf(seen.get(run.id), run, notifySettings()) : [];
      seen.set(run.id, known(run));
      for (const one of news) void show(run, one);
    };
    // what the stream does not replay: how things stand when it begins, and after it was away
    const read = async () => {
      const page = await unwrap(api.GET("/api/v1/runs", { params: { query: { limit: 200 } } }));
      for (const run of page.items) take(run);
    };
    let stream: LiveStream | null = null;
    const watch = () => {
      stream = new LiveStream(
        "*",
        { run: take, ready: () => void read().catch(() => undefined) },
        { open: (url) => new EventSource(url), document: NEVER_HIDDEN },
      );
    };
    const stopping = new AbortController();
    const held = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
    navigator.locks
      .request(LOCK, { signal: stopping.signal }, () => {
        watch();
        return held;
      })
      .catch(() => undefined); // given up while another tab had it
    return () => {
      stopping.abort();
      stream?.close();
    };
  }, [client]);
  return null;
}
