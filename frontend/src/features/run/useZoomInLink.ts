import { useEffect, useRef } from "react";

import { type Range, useZoom } from "@/components/charts/zoom";

/** `12:800`; nothing when all is shown. */
export function writeRange(range: Range | null): string | undefined {
  return range?.map((end) => Number(end.toPrecision(6))).join(":");
}

export function readRange(text: string | undefined): Range | null {
  const [from = Number.NaN, to = Number.NaN] = (text ?? "").split(":").map(Number);
  return from < to && Number.isFinite(to - from) ? [from, to] : null;
}

/** Keeps the part of the axis that charts show and the one that the page's link says the same. */
export function useZoomInLink(syncKey: string, axis: string, link: string | undefined, onLink: (link: string | undefined) => void): void {
  const [range, setRange] = useZoom(syncKey, axis);
  const tell = useRef(onLink);
  const seen = useRef<string | undefined | null>(null);
  useEffect(() => {
    tell.current = onLink;
  });
  useEffect(() => {
    const shown = writeRange(range);
    const followed = link !== seen.current; // somebody opened or typed the link, else the charts were zoomed
    // the range of a page that is just being left is not kept
    const first = seen.current === null;
    seen.current = link;
    if (shown === link && !first) return;
    if (followed) setRange(readRange(link));
    else tell.current(shown);
  }, [range, link, setRange]);
}
