// A configuration as rows that people read.

export interface Row {
  path: string;
  value: unknown;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Dotted paths and plain values; lists of plain values stay one row. */
export function flatten(value: unknown, path = ""): Row[] {
  if (Array.isArray(value) && value.some((item) => typeof item === "object" && item !== null)) {
    return value.flatMap((item, i) => flatten(item, join(path, String(i + 1))));
  }
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value)
      .sort(([a], [b]) => Number(isVariant(b)) - Number(isVariant(a)))
      .flatMap(([key, item]) => flatten(item, join(path, key)));
  }
  return [{ path, value }];
}

/** Which variant a section is comes before the variant's own fields. */
function isVariant(key: string): boolean {
  return key === "kind" || key === "name";
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}

export interface Section {
  name: string;
  rows: Row[];
}

/** One section for each part of the configuration; what stands at the top comes first, as "Run". */
export function sections(config: Record<string, unknown>): Section[] {
  const plain = Object.entries(config).filter(([, value]) => !isObject(value));
  const parts = Object.entries(config).filter(([, value]) => isObject(value));
  return [
    { name: "run", rows: plain.map(([path, value]) => ({ path, value })) },
    ...parts.map(([name, value]) => ({ name, rows: flatten(value) })),
  ];
}

/** A value as text: `on` and `off`, nothing as a dash, lists with commas. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.map(showValue).join(", ");
  return Object.keys(value).length === 0 ? "–" : JSON.stringify(value);
}
