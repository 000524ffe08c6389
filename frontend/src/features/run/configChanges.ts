// What differs between two configurations, and how the same run is launched from elsewhere.
import { stringify } from "yaml";

import type { Run } from "@/api/types";

export interface Change {
  path: string;
  /** undefined: the field is not there. */
  before: unknown;
  after: unknown;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Fields by dotted path whose values differ; lists are compared as a whole. */
export function changesOf(before: unknown, after: unknown, path = ""): Change[] {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => changesOf(before[name], after[name], path ? `${path}.${name}` : name));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

/** One word for a POSIX shell. */
function quoted(text: string): string {
  return /^[\w.,:/@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Fields that a variant no longer has are dropped by setting its name: only others would be lost. */
function canBeSet(changes: readonly Change[]): boolean {
  return changes.every(({ path, after }) => after !== undefined || changes.some((one) => one.path === siblingTag(path)));
}

function siblingTag(path: string): string {
  const section = path.split(".").slice(0, -1).join(".");
  return section === "data" ? "data.kind" : `${section}.name`;
}

/** What `ahora launch` takes for the same run: the preset and what was changed, else a file with all of it. */
export function asCommand(run: Run, preset: unknown): string {
  const about = [
    ["--name", run.name],
    ...(run.project === "default" ? [] : [["--project", run.project]]),
    ...run.tags.map((tag) => ["--tag", tag]),
    ...(run.priority === 0 ? [] : [["--priority", String(run.priority)]]),
  ].map(([option = "", value = ""]) => `${option} ${quoted(value)}`);
  const changes = preset === undefined ? [] : changesOf(preset, run.config);
  if (run.preset && preset !== undefined && canBeSet(changes)) {
    const set = changes
      .filter(({ after }) => after !== undefined)
      .map(({ path, after }) => `--set ${quoted(`${path}=${JSON.stringify(after)}`)}`);
    return [`ahora launch ${quoted(run.preset)}`, ...set, ...about].join(" \\\n  ").concat("\n");
  }
  const yaml = stringify(run.config, { lineWidth: 0 });
  return `cat > run.yaml <<'END_OF_CONFIG'\n${yaml}END_OF_CONFIG\n${["ahora launch run.yaml", ...about].join(" \\\n  ")}\n`;
}

interface Body {
  config: unknown;
  name: string;
  project: string;
  tags: string[];
  priority: number;
}

function bodyOf({ config, name, project, tags, priority }: Run): Body {
  return { config, name, project, tags, priority };
}

/** The same as a request; the token comes from the environment. */
export function asRequest(run: Run, origin: string): string {
  const body = JSON.stringify(bodyOf(run), null, 2);
  return [
    `curl --fail-with-body ${quoted(`${origin}/api/v1/runs`)} \\`,
    `  -H "Authorization: Bearer $AHORA_TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  --data-binary @- <<'END_OF_REQUEST'`,
    body,
    "END_OF_REQUEST",
    "",
  ].join("\n");
}

/** The same with the Python client, which finds the token in AHORA_TOKEN or on this machine. */
export function asPython(run: Run, origin: string): string {
  const { config, ...about } = bodyOf(run);
  const rest = Object.entries(about).map(([name, value]) => `        ${name}=${asLiteral(value, 8)},`);
  return [
    "from ahora.client import Client",
    "",
    `with Client(${asLiteral(origin)}) as client:`,
    "    run = client.launch(",
    `        ${asLiteral(config, 8)},`,
    ...rest,
    "    )",
    "    print(run.id)",
    "",
  ].join("\n");
}

/** A JSON value as Python writes it. */
export function asLiteral(value: unknown, indent = 0): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  const inner = " ".repeat(indent + 4);
  const end = `\n${" ".repeat(indent)}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((one) => `${inner}${asLiteral(one, indent + 4)},`).join("\n")}${end}]`;
  }
  if (isObject(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return "{}";
    return `{\n${entries.map(([key, one]) => `${inner}${JSON.stringify(key)}: ${asLiteral(one, indent + 4)},`).join("\n")}${end}}`;
  }
  return JSON.stringify(value);
}
