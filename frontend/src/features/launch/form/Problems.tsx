import { CircleAlert } from "lucide-react";

import { cn } from "@/lib/cn";

import type { PlacedProblem } from "../problems";
import { useFormState } from "./context";
import { Help } from "./Help";

interface Props {
  id?: string;
  problems: readonly PlacedProblem[];
  /** Problems of a section stand in a box. */
  boxed?: boolean;
}

/** What is wrong here, what to do about it, and links to the fields it speaks of. */
export function Problems({ id, problems, boxed = false }: Props) {
  const { jumpTo } = useFormState();
  if (problems.length === 0) return null;
  return (
    <ul
      id={id}
      className={cn("space-y-1 text-xs text-danger", boxed && "rounded-md border border-danger/40 bg-danger-soft px-3 py-2")}
    >
      {problems.map((problem) => (
        <li key={`${problem.path} ${problem.message}`} className="flex gap-1.5">
          <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
          <span className="min-w-0 break-words">
            <span className="font-medium">
              <Help text={sentence(problem.message)} />
            </span>{" "}
            <Help text={problem.remedy} />
            {problem.mentions.map((path) => (
              <button
                key={path}
                type="button"
                className="ml-1.5 font-mono underline underline-offset-2"
                onClick={() => jumpTo(path)}
              >
                {path}
              </button>
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** `is too small` -> `Is too small.`; a field's name keeps its case. */
function sentence(message: string): string {
  const named = /^[\w.]*[_.]\w/.test(message);
  const text = named ? message : message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
