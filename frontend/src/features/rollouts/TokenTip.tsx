import { useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";

import { fromWire } from "@/api/numbers";
import { cn } from "@/lib/cn";
import { formatNumber, formatPercent } from "@/lib/format";

import { type Shade, type Shaded, SHADES, tokenValues } from "./shading";
import { tokenName } from "./tokens";

/** Height of the navigation at the bottom of small screens. */
const BAR = 56;

interface Props {
  completion: Shaded;
  index: number;
  shade: Shade;
  /** Id of the token's element. */
  anchor: string;
}

/** A token's values beside it; announced when the keyboard moves to it. */
export function TokenTip({ completion, index, shade, anchor }: Props) {
  const tip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = () => {
      const element = tip.current;
      const token = document.getElementById(anchor);
      if (!element || !token) return;
      const at = token.getClientRects()[0] ?? token.getBoundingClientRect();
      // inside the window, and above the token where there is no room below
      const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - element.offsetWidth - 8));
      const below = at.bottom + element.offsetHeight + 8 < window.innerHeight - BAR;
      element.style.left = `${left}px`;
      element.style.top = `${below ? at.bottom + 4 : at.top - element.offsetHeight - 4}px`;
      element.style.visibility = "visible";
    };
    place();
    window.addEventListener("scroll", place, { capture: true, passive: true });
    return () => window.removeEventListener("scroll", place, { capture: true });
  }, [anchor, completion, shade]);
  const probability = Math.exp(fromWire(completion.logprob[index] ?? Number.NaN));
  // in the body: cards clip what leaves them
  return createPortal(
    <div
      ref={tip}
      role="status"
      className="pointer-events-none fixed z-30 w-max max-w-64 rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs shadow-pop"
      style={{ visibility: "hidden" }}
    >
      <p className="mb-1 flex justify-between gap-4">
        <span className="truncate font-mono font-medium">{tokenName(completion.tokens[index] ?? "")}</span>
        <span className="shrink-0 text-muted tabular">
          {index + 1} of {completion.tokens.length}
        </span>
      </p>
      <dl className="grid grid-cols-[auto_auto] gap-x-4 tabular">
        {SHADES.filter((info) => completion.weight || info.key === "entropy" || info.key === "logprob").map((info) => (
          <div key={info.key} className={cn("contents", info.key === shade && "[&>*]:font-semibold")}>
            <dt className="text-muted">{info.label}</dt>
            <dd className="text-right">
              {formatNumber(tokenValues(completion, info.key)[index])} {info.unit}
            </dd>
          </div>
        ))}
        <dt className="text-muted">Probability</dt>
        <dd className="text-right">{formatPercent(probability)}</dd>
      </dl>
    </div>,
    document.body,
  );
}
