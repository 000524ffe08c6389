import type { WireNumber } from "./types";

/** NaN and infinities travel as strings; this makes numbers of them again. */
export function fromWire(value: WireNumber | null): number {
  return value === null ? Number.NaN : Number(value);
}
