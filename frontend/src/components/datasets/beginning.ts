/** The first lines of a JSONL file, read in the browser before anything is sent. */

export interface Beginning {
  rows: Record<string, unknown>[];
  /** Keys of these rows, in their order. */
  columns: string[];
  /** What is wrong with the first lines, by number. */
  problems: { line: number; message: string }[];
}

export const MAX_BYTES = 256 * 1024 * 1024;
const READ_BYTES = 512 * 1024;
const ROWS = 20;

export async function readBeginning(file: Blob): Promise<Beginning> {
  const text = await file.slice(0, READ_BYTES).text();
  const lines = text.split("\n");
  // the last one may be cut off
  if (file.size > READ_BYTES) lines.pop();
  return parseBeginning(lines);
}

export function parseBeginning(lines: readonly string[]): Beginning {
  const found: Beginning = { rows: [], columns: [], problems: [] };
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const row = parseLine(line);
    if (typeof row === "string") found.problems.push({ line: index + 1, message: row });
    else found.rows.push(row);
    if (found.rows.length + found.problems.length >= ROWS) break;
  }
  found.columns = [...new Set(found.rows.flatMap((row) => Object.keys(row)))];
  return found;
}

function parseLine(line: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return "is not an object in braces";
  } catch {
    return "is not JSON: write one object a line";
  }
}

const PROMPTS = ["prompt", "question", "problem", "input", "instruction", "query"];
const ANSWERS = ["answer", "solution", "target", "output", "response", "label"];

/** Which columns hold question and answer, by what they are mostly called. */
export function guessColumns(columns: readonly string[]): { prompt: string; answer: string } {
  const first = (names: readonly string[]) => names.find((name) => columns.includes(name)) ?? "";
  return { prompt: first(PROMPTS), answer: first(ANSWERS) };
}
