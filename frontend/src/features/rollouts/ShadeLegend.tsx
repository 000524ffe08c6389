import { formatNumber } from "@/lib/format";

import type { Scale, ShadeInfo } from "./shading";

/** What the colours behind the tokens mean, and on which scale. */
export function ShadeLegend({ info, scale }: { info: ShadeInfo; scale: Scale }) {
  const low = info.diverging ? info.negative : "transparent";
  const stops = info.diverging ? `${low}, transparent, ${info.color}` : `transparent, ${info.color}`;
  return (
    <div className="min-w-0 text-xs">
      <div className="flex items-center gap-2 tabular">
        <span>{formatNumber(scale.low, 3)}</span>
        <span aria-hidden="true" className="h-3 w-28 rounded-sm border border-line" style={{ background: `linear-gradient(to right, ${stops})` }} />
        <span>
          {formatNumber(scale.high, 3)} {info.unit}
        </span>
      </div>
      <p className="text-muted">{info.help}</p>
    </div>
  );
}
