import { useEffect, useMemo, useState } from "react";

import { checkConfig, type FieldProblem } from "./check";
import { type Draft, dropDraft, type LaunchDetails, loadDraft, saveDraft } from "./draft";
import { mergeProblems, placeProblems, type ProblemMap } from "./problems";
import { type FieldNode, isObject, type Json, type JsonObject, variantOf } from "./schema";
import { checkDetails } from "./submission";
import type { Start } from "./useStart";
import { useValidation, type Validation, type Verdict } from "./useValidation";
import { changedPaths, effective, getIn, nodeAt, type Path, pathKey, sameJson, setIn, startValue, switchVariant } from "./values";

export interface LaunchForm {
  start: Start;
  /** A grid of runs is launched instead of one. */
  grid: boolean;
  config: JsonObject;
  details: LaunchDetails;
  changed: Set<string>;
  touched: Set<string>;
  problems: ProblemMap;
  /** Problems of name, project, tags ... by field. */
  detailProblems: FieldProblem[];
  validation: Validation;
  /** Whether anything differs from where it started. */
  dirty: boolean;
  /** Whether a draft of an earlier visit was put back. */
  restored: boolean;
  setValue: (path: Path, value: Json) => void;
  resetValue: (path: Path, node: FieldNode) => void;
  chooseVariant: (path: Path, tag: string) => void;
  setConfig: (config: JsonObject) => void;
  setDetails: (details: Partial<LaunchDetails>) => void;
  /** Shows what the server said about a launch that it refused. */
  refuse: (verdict: Verdict, details: FieldProblem[]) => void;
  startAfresh: () => void;
}

/** The values of the form, their problems, and the draft that a reload brings back. */
export function useLaunchForm(start: Start, grid: boolean): LaunchForm {
  const { root, origin } = start;
  const [saved] = useState(() => loadDraft(origin));
  const [config, setConfig] = useState<JsonObject>(() => asObject(effective(root, saved?.config ?? start.config)));
  const [details, setDetails] = useState<LaunchDetails>(saved?.details ?? start.details);
  const [restored, setRestored] = useState(saved !== null);
  const [touched, setTouched] = useState(() => changedPaths(root, start.config, config));
  const [left, setLeft] = useState<Record<string, Json>>({});
  const [refused, setRefused] = useState<{ verdict: Verdict; details: FieldProblem[]; about: LaunchDetails } | null>(null);

  const changed = useMemo(() => changedPaths(root, start.config, config), [root, start.config, config]);
  const dirty = changed.size > 0 || !sameDetails(details, start.details);
  useEffect(() => {
    if (dirty) saveDraft({ origin, config, details } satisfies Draft);
    else dropDraft(origin);
  }, [origin, config, details, dirty]);

  const validation = useValidation(config);
  const problems = useMemo(() => {
    const client = checkConfig(root, config);
    // a refused launch is the newest word only until the form was changed and checked again
    const { verdict } = validation;
    const last = refused && sameJson(refused.verdict.checked, config) ? refused.verdict : verdict;
    return placeProblems(root, config, mergeProblems(client, last?.problems ?? [], last?.checked, config));
  }, [root, config, validation, refused]);
  const detailProblems = [
    ...checkDetails(details, grid),
    ...(refused && refused.about === details ? refused.details : []),
  ];

  return {
    start,
    grid,
    config,
    details,
    changed,
    touched,
    problems,
    detailProblems,
    validation,
    dirty,
    restored,
    setValue: (path, value) => {
      setConfig((before) => asObject(setIn(before, path, value)));
      setTouched((before) => new Set(before).add(pathKey(path)));
    },
    resetValue: (path, node) => {
      setConfig((before) => asObject(setIn(before, path, startValue(root, start.config, path, node))));
    },
    chooseVariant: (path, tag) => {
      const node = nodeAt(root, config, path);
      const current = getIn(config, path);
      if (node?.kind !== "union" || current === undefined) return;
      const from = variantOf(node, current)?.tag;
      if (from !== undefined) setLeft((before) => ({ ...before, [`${pathKey(path)} ${from}`]: current }));
      setConfig((before) => asObject(setIn(before, path, switchVariant(node, current, tag, left[`${pathKey(path)} ${tag}`]))));
    },
    setConfig: (next) => setConfig(asObject(effective(root, next))),
    setDetails: (part) => setDetails((before) => ({ ...before, ...part })),
    refuse: (verdict, wrong) => setRefused({ verdict, details: wrong, about: details }),
    startAfresh: () => {
      setConfig(asObject(effective(root, start.config)));
      setDetails(start.details);
      setTouched(new Set());
      setRestored(false);
    },
  };
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

function sameDetails(a: LaunchDetails, b: LaunchDetails): boolean {
  const plain = (details: LaunchDetails) => ({ ...details, groupTag: "", axes: details.axes.map((axis) => ({ ...axis })) });
  return sameJson(plain(a), plain(b));
}
