import type { PromptAppearance } from "@/api/types";

/** At most `count` of the appearances, spread over training: the first, the last, and that of `step` with them. */
export function spaced(appearances: readonly PromptAppearance[], count: number, step?: number): PromptAppearance[] {
  const last = appearances.length - 1;
  if (last < count) return [...appearances];
  const places = new Set(Array.from({ length: count }, (_, place) => Math.round((place * last) / (count - 1))));
  const wanted = appearances.findIndex((one) => one.step === step);
  if (wanted >= 0) places.add(wanted);
  return appearances.filter((_, place) => places.has(place));
}
