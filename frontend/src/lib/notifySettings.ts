// What this browser tells its user of while nobody looks: kept here, asked for by a click.
import { useSyncExternalStore } from "react";

export interface NotifySettings {
  /** Alerts that are raised. */
  alerts: boolean;
  /** Runs that complete or fail. */
  ends: boolean;
  /** Runs whose end is told whatever `ends` says. */
  runs: readonly string[];
}

const STORED = "ahora-notify";
const NOTHING: NotifySettings = { alerts: false, ends: false, runs: [] };
const MOST_RUNS = 100;

let held: { text: string | null; settings: NotifySettings } = { text: null, settings: NOTHING };
const listeners = new Set<() => void>();

export function notifySettings(): NotifySettings {
  let text: string | null = null;
  try {
    text = localStorage.getItem(STORED);
  } catch {
    // storage is off: nothing is asked for
  }
  if (text !== held.text) held = { text, settings: parse(text) };
  return held.settings;
}

function parse(text: string | null): NotifySettings {
  if (text === null) return NOTHING;
  try {
    const found = JSON.parse(text) as Partial<NotifySettings> | null;
    const runs = Array.isArray(found?.runs) ? found.runs.filter((run) => typeof run === "string") : [];
    return { alerts: found?.alerts === true, ends: found?.ends === true, runs };
  } catch {
    return NOTHING;
  }
}

export function saveNotifySettings(changes: Partial<NotifySettings>): void {
  const next = { ...notifySettings(), ...changes };
  try {
    localStorage.setItem(STORED, JSON.stringify({ ...next, runs: next.runs.slice(-MOST_RUNS) }));
  } catch {
    // storage is off: nothing is kept
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener); // another tab
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function useNotifySettings(): NotifySettings {
  return useSyncExternalStore(subscribe, notifySettings);
}

export function wantsAnything({ alerts, ends, runs }: NotifySettings): boolean {
  return alerts || ends || runs.length > 0;
}

/** Asks the browser, which asks the user once; gives a sentence where it is not allowed. Only after a click. */
export async function allowNotifications(): Promise<string | null> {
  if (!("Notification" in window)) {
    return "This browser shows no notifications here: open the dashboard over https, or on localhost.";
  }
  const answer = await Notification.requestPermission();
  return answer === "granted" ? null : "The browser does not allow notifications of this page: allow them in its settings for this address.";
}
