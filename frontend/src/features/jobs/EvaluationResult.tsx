import { useQuery } from "@tanstack/react-query";
import { Check, Scissors, X } from "lucide-react";
import { useState } from "react";

import { fromWire } from "@/api/numbers";
import { registry } from "@/api/queries";
import type { EvaluateResult } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { formatInteger, formatNumber, formatPercent } from "@/lib/format";

const FIRST = 5;

/** The figures of an evaluation, and the greedy answers to its first problems. */
export function EvaluationResult({ result }: { result: EvaluateResult }) {
  const { data } = useQuery(registry());
  const describe = (name: string) => data?.metrics.find((metric) => metric.name === name)?.description;
  return (
    <>
      <dl className="flex flex-wrap gap-x-6 gap-y-2">
        {Object.entries(result.metrics).map(([name, value]) => (
          <div key={name} title={describe(name)}>
            <dt className="text-xs text-muted">{name.replace(/^eval\//, "").replaceAll("_", " ")}</dt>
            <dd className="text-lg font-semibold tabular">{shown(name, fromWire(value))}</dd>
          </div>
        ))}
        <div title="Held-out problems that were evaluated">
          <dt className="text-xs text-muted">problems</dt>
          <dd className="text-lg font-semibold tabular">{formatInteger(result.problems)}</dd>
        </div>
      </dl>
      <Answers result={result} />
    </>
  );
}

function shown(name: string, value: number): string {
  return name.includes("pass@") || name.endsWith("ratio") ? formatPercent(value) : formatNumber(value);
}

function Answers({ result }: { result: EvaluateResult }) {
  const [all, setAll] = useState(false);
  const examples = all ? result.examples : result.examples.slice(0, FIRST);
  if (examples.length === 0) return null;
  return (
    <details>
      <summary className="w-fit rounded-sm text-accent underline-offset-4 hover:underline">Answers</summary>
      <ul className="mt-2 flex flex-col divide-y divide-line rounded-md border border-line">
        {examples.map((example, index) => (
          <li key={index} className="flex flex-col gap-1 p-2">
            <div className="flex flex-wrap items-center gap-2">
              <Badge tone={example.correct ? "success" : "danger"}>
                {example.correct ? <Check aria-hidden="true" /> : <X aria-hidden="true" />}
                {example.correct ? "Correct" : "Wrong"}
              </Badge>
              {example.truncated && (
                <Badge tone="warning">
                  <Scissors aria-hidden="true" /> Truncated
                </Badge>
              )}
              <span className="text-xs text-muted">
                reference <span className="font-mono break-all text-text">{example.answer}</span>
              </span>
            </div>
            <p className="max-h-40 overflow-y-auto font-mono text-[13px] break-words whitespace-pre-wrap">
              <span className="text-muted">{example.prompt}</span>
              {example.completion}
            </p>
          </li>
        ))}
      </ul>
      {result.examples.length > FIRST && !all && (
        <Button variant="link" className="px-0" onClick={() => setAll(true)}>
          Show {result.examples.length} answers
        </Button>
      )}
    </details>
  );
}
