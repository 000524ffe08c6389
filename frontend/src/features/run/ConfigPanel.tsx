import { useMemo } from "react";
import { stringify } from "yaml";

import type { Run } from "@/api/types";
import { Card } from "@/components/ui/card";
import { Code } from "@/components/ui/code";
import { CopyButton } from "@/components/ui/copy-button";

import { type Section, sections, showValue } from "./flatten";

/** The resolved configuration, in sections; as YAML it can be launched again from a file. */
export function ConfigPanel({ run }: { run: Run }) {
  const parts = useMemo(() => sections(run.config), [run.config]);
  const yaml = useMemo(() => stringify(run.config, { lineWidth: 0 }), [run.config]);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted">
          What was validated when the run was created, with every default filled in
          {run.preset && (
            <>
              {" "}
              (from the preset <Code>{run.preset}</Code>)
            </>
          )}
          .
        </p>
        <CopyButton text={yaml} label="Copy as YAML" wide />
      </div>
      <div className="columns-1 gap-4 md:columns-2 2xl:columns-3">
        {parts.map((section) => (
          <ConfigSection key={section.name} section={section} />
        ))}
      </div>
    </div>
  );
}

function ConfigSection({ section }: { section: Section }) {
  return (
    <Card className="mb-4 break-inside-avoid">
      <h2 className="border-b border-line px-4 py-2.5 font-semibold first-letter:uppercase">{section.name}</h2>
      <dl className="px-4 py-2">
        {section.rows.map(({ path, value }) => {
          const text = showValue(value);
          const long = text.includes("\n") || text.length > 60;
          return (
            <div key={path} className={long ? "py-1.5" : "flex justify-between gap-4 py-1"}>
              <dt className="font-mono text-xs leading-5 break-words text-muted">{path}</dt>
              <dd className={long ? "mt-1 rounded-md bg-surface-2 p-2 font-mono text-xs break-words whitespace-pre-wrap" : "text-right break-words tabular"}>
                {text}
              </dd>
            </div>
          );
        })}
      </dl>
    </Card>
  );
}
