import { Fragment } from "react";

import { Code } from "@/components/ui/code";

/** A help text of the schema: what stands in backticks is code. */
export function Help({ text }: { text: string }) {
  return text.split("`").map((part, index) => (
    // the parts of one text never change places
    <Fragment key={index}>{index % 2 === 1 ? <Code>{part}</Code> : part}</Fragment>
  ));
}
