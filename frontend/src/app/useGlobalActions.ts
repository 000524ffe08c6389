import { useNavigate } from "@tanstack/react-router";

import { type Action, useActions } from "@/lib/actions";
import { useListKeys } from "@/lib/listKeys";
import { useShortcuts } from "@/lib/shortcuts";
import { setTheme, useTheme, useThemeChoice } from "@/theme/theme";

import { FURTHER_PAGES, PAGES } from "./pages";

/** What is there on every page: going to pages, searching, the theme, the palette and the list of keys. */
export function useGlobalActions(open: (what: "palette" | "shortcuts") => void): void {
  const navigate = useNavigate();
  const dark = useTheme() === "dark";
  const choice = useThemeChoice();
  const actions: Action[] = [...PAGES, ...FURTHER_PAGES].map(({ to, label, key }) => ({
    id: `go-${to}`,
    label: `Go to ${label}`,
    group: "Go to",
    keys: `g ${key}`,
    run: () => void navigate({ to }),
  }));
  actions.push(
    { id: "new-run", label: "Launch a run", group: "Everywhere", keys: "n", words: "new start", run: () => void navigate({ to: "/launch" }) },
    { id: "search", label: "Search this page", group: "Everywhere", keys: "/", inPalette: false, run: () => focusSearch(() => open("palette")) },
    { id: "palette", label: "Command palette", group: "Everywhere", keys: "mod+k", inPalette: false, run: () => open("palette") },
    { id: "shortcuts", label: "Keyboard shortcuts", group: "Everywhere", keys: "?", words: "help keys", run: () => open("shortcuts") },
    {
      id: "theme",
      label: dark ? "Light theme" : "Dark theme",
      group: "Everywhere",
      keys: "t",
      words: "toggle colours",
      run: () => setTheme(dark ? "light" : "dark"),
    },
  );
  if (choice !== "system") {
    actions.push({ id: "theme-system", label: "Theme as the system has it", group: "Everywhere", run: () => setTheme("system") });
  }
  useActions(actions, true);
  useListKeys();
  useShortcuts();
}

/** The page's own search field; on a page without one, `otherwise`. */
function focusSearch(otherwise: () => void): void {
  const field = document.querySelector<HTMLInputElement>("main [role=search] input, main input[type=search]");
  if (!field) {
    otherwise();
    return;
  }
  field.focus();
  field.select();
}
