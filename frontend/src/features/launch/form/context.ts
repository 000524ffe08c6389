/** What every part of the form shares. */

import { createContext, useContext } from "react";

import type { PlacedProblem, ProblemMap } from "../problems";
import type { FieldNode, Json, SectionNode } from "../schema";
import type { Path } from "../values";

export interface FormState {
  root: SectionNode;
  config: Json;
  /** Dotted paths that differ from where the form started. */
  changed: Set<string>;
  problems: ProblemMap;
  /** What is searched for; empty shows everything. */
  query: string;
  showAdvanced: boolean;
  /** Advanced fields that were touched: they stay in sight. */
  touched: Set<string>;
  setValue: (path: Path, value: Json) => void;
  resetValue: (path: Path, node: FieldNode) => void;
  /** Chooses another variant of a union and keeps what the one before held. */
  chooseVariant: (path: Path, tag: string) => void;
  /** Fields that the grid goes over. */
  varied: ReadonlySet<string>;
  /** Makes an axis of a field, beginning with its value; null where no grid is launched. */
  vary: ((path: string, value: Json) => void) | null;
  /** Opens the section of a field, scrolls there and focuses it. */
  jumpTo: (path: string) => void;
}

export const FormContext = createContext<FormState | null>(null);

export function useFormState(): FormState {
  const state = useContext(FormContext);
  if (!state) throw new Error("A field of the launch form stands outside of it.");
  return state;
}

const NONE: PlacedProblem[] = [];

export function problemsAt(state: FormState, path: string): PlacedProblem[] {
  return state.problems.get(path) ?? NONE;
}

/** Id of a field's control in the page. */
export function fieldId(path: string): string {
  return `field-${path.replaceAll(".", "-")}`;
}
