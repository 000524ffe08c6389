/** `optimizer.learning_rate` -> `learning_rate`; `algorithm.name` -> `algorithm`. */
export function lastPart(field: string): string {
  const parts = field.split(".");
  const last = parts.at(-1) ?? field;
  return (last === "name" || last === "kind") && parts.length > 1 ? (parts.at(-2) ?? last) : last;
}
