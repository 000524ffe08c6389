import { useCallback, useEffect, useRef } from "react";

/** Hands on the newest value, at most every so many milliseconds after the first; `now` does not wait. */
export function useThrottled<T>(handle: (value: T) => void, ms: number): (value: T, now: boolean) => void {
  const latest = useRef(handle);
  const held = useRef<T | null>(null);
  const last = useRef(-Infinity);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = handle;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (value, now) => {
      held.current = value;
      const tell = () => {
        timer.current = undefined;
        last.current = performance.now();
        if (held.current !== null) latest.current(held.current);
        held.current = null;
      };
      const rest = last.current + ms - performance.now();
      if (now || rest <= 0) {
        clearTimeout(timer.current);
        tell();
      } else timer.current ??= setTimeout(tell, rest);
    },
    [ms],
  );
}
