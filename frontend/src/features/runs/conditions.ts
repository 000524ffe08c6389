// Conditions as the API reads them: a column, a comparison, a value.
export const OPERATORS = ["=", "!=", ">", ">=", "<", "<=", "~", "!~"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  column: string;
  operator: Operator;
  value: string;
}

export function parseCondition(text: string): Condition | null {
  const found = /^\s*(.+?)\s*(<=|>=|!=|!~|=|<|>|~)\s*(.*?)\s*$/s.exec(text);
  const [, column, operator, value] = found ?? [];
  if (column === undefined || operator === undefined || value === undefined) return null;
  return { column, operator: operator as Operator, value };
}

export function writeCondition({ column, operator, value }: Condition): string {
  return `${column}${operator}${value.trim()}`;
}

/** A text as a value: quoted where it would mean something else. */
export function literal(text: string): string {
  return /[|"]|^null$|^\s|\s$/.test(text) || text === "" ? JSON.stringify(text) : text;
}

export type Kind = "text" | "number" | "boolean" | "time" | "status";

/** What may be asked of a column of this kind. */
export function operatorsOf(kind: Kind): readonly Operator[] {
  if (kind === "number") return ["=", "!=", ">", ">=", "<", "<="];
  if (kind === "time") return [">", ">=", "<", "<="];
  if (kind === "text") return ["=", "!=", "~", "!~"];
  return ["=", "!="];
}

/** What is wrong with a value, or null. */
export function problemOf(kind: Kind, { operator, value }: Condition): string | null {
  if (value.trim() === "") return "Give a value.";
  if (value.trim() === "null") return operator === "=" || operator === "!=" ? null : "Only = and != know 'not set'.";
  if (kind === "number" && value.split("|").some((part) => part.trim() === "" || Number.isNaN(Number(part)))) {
    return "Write a number such as 0.8 or 1e-5.";
  }
  if (kind === "time" && Number.isNaN(Date.parse(value))) return "Write a date such as 2026-11-24.";
  return null;
}
