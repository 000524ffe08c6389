import { Segmented } from "@/components/ui/segmented";

import { type Scale, type Shade, shadeInfo, SHADES } from "./shading";
import { ShadeLegend } from "./ShadeLegend";

interface Props {
  shade: Shade;
  scale: Scale;
  onShade: (shade: Shade) => void;
}

/** What tokens are shaded by, and what the colours mean. */
export function ShadePicker({ shade, scale, onShade }: Props) {
  return (
    <div className="flex min-w-0 flex-wrap items-start gap-x-4 gap-y-2">
      <div className="-m-0.5 max-w-full overflow-x-auto p-0.5">
        <Segmented label="Shade tokens by" value={shade} onChange={onShade} options={SHADES.map((info) => ({ value: info.key, label: info.label }))} />
      </div>
      <ShadeLegend info={shadeInfo(shade)} scale={scale} />
    </div>
  );
}
