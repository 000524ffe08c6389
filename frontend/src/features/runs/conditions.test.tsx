import { expect, it } from "vitest";

import { describe as words } from "./Chips";
import { literal, parseCondition, problemOf, writeCondition } from "./conditions";

it("takes conditions apart and puts them together", () => {
  for (const text of ["config.optimizer.learning_rate>1e-5", "metric.eval/pass@1.max>=0.8", "seed!=0|1", "name~a=b"]) {
    const found = parseCondition(text);
    expect(found && writeCondition(found)).toBe(text);
  }
  expect(parseCondition("nothing")).toBeNull();
});

it("says them in words", () => {
  expect(words("config.optimizer.learning_rate>1e-5")).toBe("learning_rate > 1e-5");
  expect(words("metric.reward.max>=0.8")).toBe("reward max ≥ 0.8");
  expect(words("config.algorithm.alpha=null")).toBe("alpha is not set");
  expect(words('created_by="ana"|bo')).toBe("Launched by is ana or bo");
});

it("quotes texts that would mean something else and finds values that mean nothing", () => {
  expect(literal("a|b")).toBe('"a|b"');
  expect(literal("plain text")).toBe("plain text");
  const number = (value: string) => problemOf("number", { column: "x", operator: ">", value });
  expect(number("1e-5")).toBeNull();
  expect(number("high")).toMatch(/number/);
  expect(number(" ")).toMatch(/value/);
  expect(problemOf("time", { column: "x", operator: ">", value: "2026-11-24" })).toBeNull();
});
