import { useRef, useState } from "react";

import { Textarea } from "@/components/ui/input";

import { useFormState } from "./form/context";
import { Help } from "./form/Help";
import type { JsonObject } from "./schema";
import { parsePath } from "./values";
import { fromYaml, lineOf, toYaml } from "./yaml";

interface Props {
  config: JsonObject;
  onChange: (config: JsonObject) => void;
  /** Told of a text that is no YAML, which keeps the configuration as it was. */
  onSyntax: (error: string | null) => void;
}

/** The configuration as text, with the same checks as the form. */
export function YamlEditor({ config, onChange, onSyntax }: Props) {
  const { problems } = useFormState();
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => toYaml(config));
  const parsed = fromYaml(text);
  const list = [...problems].flatMap(([at, found]) => found.map((problem) => ({ at, problem })));
  const lines = text.split("\n").length;

  const goTo = (line: number | null) => {
    const element = area.current;
    if (!element || line === null) return;
    const before = text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = text.indexOf("\n", before);
    element.focus();
    element.setSelectionRange(before, end < 0 ? text.length : end);
    const height = element.scrollHeight / Math.max(1, lines);
    element.scrollTop = Math.max(0, (line - 6) * height);
  };

  return (
    <div className="space-y-2">
      <Textarea
        ref={area}
        aria-label="Configuration as YAML"
        aria-invalid={parsed.error !== null || list.length > 0}
        aria-describedby="yaml-problems"
        spellCheck={false}
        wrap="off"
        rows={Math.min(40, Math.max(16, lines + 1))}
        className="resize-y overflow-x-auto font-mono text-xs leading-5 whitespace-pre"
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          const read = fromYaml(next);
          onSyntax(read.error && syntaxMessage(read.error));
          if (read.config) onChange(read.config);
        }}
      />
      <div id="yaml-problems" aria-live="polite">
        {parsed.error ? (
          <p className="text-xs text-danger">
            {syntaxMessage(parsed.error)}{" "}
            {parsed.error.line !== null && (
              <button type="button" className="underline underline-offset-2" onClick={() => goTo(parsed.error.line)}>
                Go there
              </button>
            )}
          </p>
        ) : (
          <ul className="space-y-1 text-xs text-danger">
            {list.map(({ at, problem }) => {
              const line = lineOf(text, parsePath(problem.path)) ?? lineOf(text, parsePath(at));
              return (
                <li key={`${problem.path} ${problem.message}`}>
                  {line !== null && (
                    <button type="button" className="mr-1 underline underline-offset-2 tabular" onClick={() => goTo(line)}>
                      Line {line}
                    </button>
                  )}
                  <span className="font-mono">{problem.path || "configuration"}</span> <Help text={problem.message} />.{" "}
                  <Help text={problem.remedy} />
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}

function syntaxMessage(error: { message: string; line: number | null }): string {
  return error.line === null ? `Not YAML: ${error.message}` : `Not YAML on line ${error.line}: ${error.message}`;
}
