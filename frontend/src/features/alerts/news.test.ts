import { describe, expect, it } from "vitest";

import { makeRun } from "@/test/runs";

import { known, newsOf } from "./news";

const everything = { alerts: true, ends: true, runs: [] };
const nothing = { alerts: false, ends: false, runs: [] };

describe("newsOf", () => {
  it("tells of ends that were asked for, once", () => {
    const before = known(makeRun({ status: "running" }));
    const after = makeRun({ status: "failed" });
    expect(newsOf(before, after, everything).map(({ title }) => title)).toEqual([`${after.name} failed`]);
    expect(newsOf(known(after), after, everything)).toEqual([]);
    expect(newsOf(before, after, nothing)).toEqual([]);
    expect(newsOf(before, after, { ...nothing, runs: [after.id] })).toHaveLength(1);
    expect(newsOf(undefined, after, everything)).toEqual([]);
  });

  it("tells of a stop only where that run was asked for", () => {
    const before = known(makeRun({ status: "stopping" }));
    const after = makeRun({ status: "stopped" });
    expect(newsOf(before, after, everything)).toEqual([]);
    expect(newsOf(before, after, { ...nothing, runs: [after.id] })).toHaveLength(1);
  });

  it("tells of alerts that are new", () => {
    const before = known(makeRun({ alerts: ["Old"] }));
    const after = makeRun({ alerts: ["Old", "KL blow-up"] });
    expect(newsOf(before, after, everything)).toEqual([{ kind: "alert", title: `KL blow-up: ${after.name}`, rules: ["KL blow-up"] }]);
    expect(newsOf(before, makeRun({ alerts: [] }), everything)).toEqual([]);
  });
});
