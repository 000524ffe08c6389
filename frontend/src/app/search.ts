// Search parameters as people write them: `?status=running&status=queued&q=tiny`. No JSON in URLs.

/** A key that stands once is a string, one that is repeated a list of strings. */
export function parseSearch(text: string): Record<string, string | string[]> {
  const search: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const held = search[key];
    if (held === undefined) search[key] = value;
    else search[key] = [...(Array.isArray(held) ? held : [held]), value];
  }
  return search;
}

/** Lists are repeated keys; what is absent or empty is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof one === "string" ? one !== "" : typeof one === "number" || typeof one === "boolean") {
        query.append(key, String(one));
      }
    }
  }
  const text = query.toString().replaceAll("%2C", ",");
  return text && `?${text}`;
}
