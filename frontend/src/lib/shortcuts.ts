// From a key press to the action that has these keys. Nothing fires while somebody types or uses a menu.
import { useEffect, useSyncExternalStore } from "react";

import { currentActions } from "./actions";

/** How long the second key of `g r` may take. */
const SEQUENCE_MS = 1500;
const STORED = "ahora-single-keys";
/** Where letters are for the element itself: text, menus, lists that find an entry by its letters, dialogs. */
const TAKES_KEYS =
  "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable], " +
  "[role=combobox], [role=menu], [role=listbox], [role=dialog], [role=alertdialog]";
const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The name of what was pressed, as `Action.keys` writes it; null for a modifier alone or a combination of the system. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string | null {
  const { key } = event;
  if (["Control", "Meta", "Alt", "Shift", "AltGraph"].includes(key)) return null;
  const mod = MAC ? event.metaKey : event.ctrlKey;
  if (event.altKey || (MAC ? event.ctrlKey : event.metaKey)) return null;
  // Shift is part of a sign such as `?`, but not of a letter
  const letter = /^\p{L}$/u.test(key);
  return `${mod ? "mod+" : ""}${letter && event.shiftKey ? "shift+" : ""}${letter ? key.toLowerCase() : key}`;
}

/** `mod+k` as people read it: each key of each step. */
export function keyLabels(keys: string): string[][] {
  const names: Record<string, string> = { mod: MAC ? "⌘" : "Ctrl", shift: "Shift" };
  return keys.split(" ").map((step) => step.split("+").map((key) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key)));
}

const listeners = new Set<() => void>();

function singleKeys(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true; // storage is off
  }
}

/** Whether keys without Ctrl or Command do anything: people who speak their input need to switch them off. */
export function useSingleKeys(): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, singleKeys);
  const set = (next: boolean) => {
    try {
      if (next) localStorage.removeItem(STORED);
      else localStorage.setItem(STORED, "off");
    } catch {
      // storage is off: they stay on
    }
    for (const listener of listeners) listener();
  };
  return [on, set];
}

/** Listens for the keys of all registered actions. Once, in the shell. */
export function useShortcuts(): void {
  useEffect(() => {
    let before = "";
    let until = 0;
    const listen = (event: KeyboardEvent) => {
      const name = keyName(event);
      if (name === null || event.defaultPrevented || event.isComposing) return;
      const combined = name.startsWith("mod+");
      const busy = event.target instanceof Element && event.target.closest(TAKES_KEYS) !== null;
      if (!combined && (busy || !singleKeys())) return;
      const pressed = event.timeStamp < until ? `${before} ${name}` : name;
      before = "";
      until = 0;
      const actions = currentActions();
      const action = actions.findLast((one) => one.keys === pressed) ?? actions.findLast((one) => one.keys === name);
      if (action) {
        event.preventDefault();
        action.run();
      } else if (actions.some((one) => one.keys?.startsWith(`${pressed} `))) {
        before = pressed;
        until = event.timeStamp + SEQUENCE_MS;
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
