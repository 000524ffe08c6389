/** From what is typed into the forms to the body of a request. */
import { ApiError, errorMessage } from "@/api/errors";
import type { FieldError, JobCreate } from "@/api/types";

export type JobSpec = JobCreate["spec"];
export type Draft = Record<string, string>;

/** A spec of what was filled in: the server gives the rest its defaults, which the generated type has all. */
export function asSpec(fields: { kind: JobSpec["kind"] } & Record<string, unknown>): JobSpec {
  return fields as unknown as JobSpec;
}

/** A value of the run's configuration, as an empty field shows it. */
export function shownValue(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(", ") || "none";
  return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
}

/** The numbers of a draft that were filled in; null names a field that holds none. */
export function numbers<Name extends string>(
  draft: Draft,
  names: readonly Name[],
): { values: Partial<Record<Name, number>>; wrong: Name | null } {
  const values: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const text = (draft[name] ?? "").trim();
    if (!text) continue;
    const value = Number(text);
    if (!Number.isFinite(value)) return { values, wrong: name };
    values[name] = value;
  }
  return { values, wrong: null };
}

/** `2, 4` as numbers; null when it is no list of whole ones, undefined when empty. */
export function wholeNumbers(text: string): number[] | null | undefined {
  const parts = text.split(/[\s,]+/).filter(Boolean);
  if (parts.length === 0) return undefined;
  const values = parts.map(Number);
  return values.every((value) => Number.isInteger(value)) ? values : null;
}

/** The server's words on each field of a spec, by its name there; the rest under an empty name. */
export function problemsOf(error: unknown): Map<string, string> {
  const found = new Map<string, string>();
  if (!error) return found;
  const fields: FieldError[] = error instanceof ApiError ? error.fields : [];
  for (const { path, message, remedy } of fields) {
    const name = path.replace(/^spec\.?/, "");
    const words = `${name && name.includes(".") ? `${name} ` : ""}${message}. ${remedy}`;
    const at = name.split(".")[0] ?? "";
    found.set(at, [found.get(at), words].filter(Boolean).join(" "));
  }
  if (fields.length === 0) found.set("", errorMessage(error));
  return found;
}

/** `field = value` lines as changes by dotted path; a value is JSON, else text. What is wrong is a text. */
export function parseChanges(text: string): Record<string, unknown> | string {
  const changes: Record<string, unknown> = {};
  for (const line of text.split("\n").filter((one) => one.trim())) {
    const [path = "", ...rest] = line.split("=");
    if (rest.length === 0 || !path.trim()) return `${line.trim()}: write FIELD = VALUE, such as max_steps = 50`;
    const value = rest.join("=").trim();
    try {
      changes[path.trim()] = JSON.parse(value);
    } catch {
      changes[path.trim()] = value;
    }
  }
  return changes;
}
