import type { Range } from "./zoom";

/** Round values inside a range, about eight; `steps` are the distances to choose from. */
export function ticks([from, to]: Range, steps?: readonly number[]): number[] {
  const wanted = (to - from) / 8;
  if (!(wanted > 0)) return [from];
  const size = 10 ** Math.floor(Math.log10(wanted));
  const step = steps?.find((one) => one >= wanted) ?? [1, 2, 5, 10].map((one) => one * size).find((one) => one >= wanted * 0.999) ?? 10 * size;
  const found: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** The powers of ten inside a range; round values where there are fewer than two. */
export function logTicks([from, to]: Range): number[] {
  const found: number[] = [];
  for (let i = Math.ceil(Math.log10(from) - 1e-9); i <= Math.log10(to) + 1e-9; i += 1) found.push(10 ** i);
  return found.length > 1 ? found : ticks([from, to]).filter((one) => one > 0);
}
