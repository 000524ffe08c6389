import { describe, expect, it } from "vitest";

import { describeMetric, groupMetrics } from "./metricGroups";
import type { MetricInfo, MetricRegistry } from "./types";

const metric = (name: string, group: string): MetricInfo => ({
  name,
  group,
  description: name,
  unit: "",
  direction: "none",
  headline: false,
  axis: "step", profile: false,
});

const registry: MetricRegistry = {
  groups: ["Reward", "Evaluation", "Other"],
  metrics: [
    metric("reward", "Reward"),
    metric("rewards/{name}/mean", "Reward"),
    metric("eval/pass@1", "Evaluation"),
    metric("eval/pass@{k}", "Evaluation"),
  ],
};

describe("describeMetric", () => {
  it("prefers the exact name to a pattern", () => {
    expect(describeMetric(registry, "eval/pass@1").name).toBe("eval/pass@1");
    expect(describeMetric(registry, "eval/pass@16").name).toBe("eval/pass@{k}");
  });

  it("matches one name and no slash", () => {
    expect(describeMetric(registry, "rewards/exact-number.v2/mean").group).toBe("Reward");
    expect(describeMetric(registry, "rewards/a/b/mean").group).toBe("Other");
  });

  it("reads dots in names as dots", () => {
    expect(describeMetric({ ...registry, metrics: [metric("a.b/{x}", "Reward")] }, "aXb/1").group).toBe("Other");
  });
});

describe("groupMetrics", () => {
  it("follows the registry's order and leaves empty groups out", () => {
    const groups = groupMetrics(registry, ["zzz", "rewards/a/mean", "reward"]);
    expect(groups.map((group) => [group.name, group.metrics.map(({ key }) => key)])).toEqual([
      ["Reward", ["reward", "rewards/a/mean"]],
      ["Other", ["zzz"]],
    ]);
  });
});
