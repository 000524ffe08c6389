import { Scissors } from "lucide-react";
import { useMemo, useState } from "react";

import { fromWire } from "@/api/numbers";
import type { SampledCompletion, SampleResult } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { CopyButton } from "@/components/ui/copy-button";
import { Segmented } from "@/components/ui/segmented";
import { formatInteger, formatNumber } from "@/lib/format";

import { ShadeLegend } from "../rollouts/ShadeLegend";
import { type Scale, scaleOf, type Shade, shadeInfo } from "../rollouts/shading";
import "../rollouts/shades.css";
import { TokenText } from "../rollouts/TokenText";

const SHOWN: readonly Shade[] = ["entropy", "logprob"];

/** The completions of a prompt, token by token, shaded by how unsure the model was. */
export function SampledCompletions({ result }: { result: SampleResult }) {
  const [shade, setShade] = useState<Shade>("entropy");
  const scale = useMemo(() => scaleOf(result.completions, shade), [result, shade]);
  return (
    <>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <Segmented
          label="Shade tokens by"
          value={shade}
          onChange={setShade}
          options={SHOWN.map((one) => ({ value: one, label: shadeInfo(one).label }))}
        />
        <ShadeLegend info={shadeInfo(shade)} scale={scale} />
      </div>
      <details>
        <summary className="w-fit rounded-sm text-accent underline-offset-4 hover:underline">
          Prompt as the model read it ({formatInteger(result.prompt_tokens)} tokens)
        </summary>
        <pre className="mt-2 max-h-60 overflow-auto rounded-md bg-surface-2/50 p-2 font-mono text-[13px] break-words whitespace-pre-wrap">
          {result.prompt}
        </pre>
      </details>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,22rem),1fr))] gap-3">
        {result.completions.map((completion, index) => (
          <li key={index} className="min-w-0">
            <One completion={completion} index={index} shade={shade} scale={scale} />
          </li>
        ))}
      </ul>
    </>
  );
}

function One({ completion, index, shade, scale }: { completion: SampledCompletion; index: number; shade: Shade; scale: Scale }) {
  const [active, setActive] = useState<number | null>(null);
  const entropies = completion.entropy.map((value) => fromWire(value));
  const mean = entropies.reduce((sum, value) => sum + value, 0) / Math.max(1, entropies.length);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex flex-wrap items-center gap-x-3 text-xs text-muted tabular">
        <span className="font-medium text-text">#{index + 1}</span>
        <span>{formatInteger(completion.tokens.length)} tokens</span>
        <span>mean entropy {formatNumber(mean, 3)} nats</span>
        {completion.truncated && (
          <Badge tone="warning">
            <Scissors aria-hidden="true" /> Truncated
          </Badge>
        )}
        <span className="ml-auto">
          <CopyButton text={completion.text} label={`Copy completion ${index + 1}`} />
        </span>
      </div>
      <TokenText
        completion={completion}
        label={`Completion ${index + 1}, token by token`}
        shade={shade}
        scale={scale}
        active={active}
        onActive={setActive}
      />
    </div>
  );
}
