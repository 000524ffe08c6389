import { expect, it } from "vitest";

import { guessColumns, parseBeginning } from "./beginning";

it("reads the first rows and names the lines that are wrong", () => {
  const found = parseBeginning(['{"question": "1+1", "answer": 2}', "", "[1]", "{oops"]);
  expect(found.rows).toEqual([{ question: "1+1", answer: 2 }]);
  expect(found.columns).toEqual(["question", "answer"]);
  expect(found.problems.map((problem) => problem.line)).toEqual([3, 4]);
  expect(guessColumns(found.columns)).toEqual({ prompt: "question", answer: "answer" });
  expect(guessColumns(["x"])).toEqual({ prompt: "", answer: "" });
});
