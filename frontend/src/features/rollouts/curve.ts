/** The path of a completion's weights, one step of width 1 a token; weights run from 0 to 1. */
export function weightPath(weights: readonly number[], height: number): { line: string; area: string } {
  const y = (weight: number) => (1 + (1 - (Number.isFinite(weight) ? weight : 0)) * (height - 2)).toFixed(2);
  const line = weights.map((weight, index) => `${index === 0 ? "M" : "L"}${index} ${y(weight)}H${index + 1}`).join("");
  return { line, area: `${line}V${height}H0Z` };
}

/** How much of a completion counts: the mean of its finite weights. */
export function weightShare(weights: readonly number[]): number {
  const finite = weights.filter(Number.isFinite);
  return finite.length === 0 ? Number.NaN : finite.reduce((sum, weight) => sum + weight, 0) / finite.length;
}
