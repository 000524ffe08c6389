import { useState } from "react";

import type { Draft } from "./spec";

/** Texts of a job's form by field name, and what a row of the form takes of one. */
export function useDraft(initial: Draft = {}) {
  const [draft, setDraft] = useState(initial);
  const field = (name: string) => ({
    value: draft[name] ?? "",
    onChange: (value: string) => setDraft((old) => ({ ...old, [name]: value })),
  });
  return { draft, field };
}
