// Which metric is described by which entry of the registry, and in which group it is shown.
import type { MetricInfo, MetricRegistry } from "./types";

export interface MetricGroup {
  name: string;
  metrics: { key: string; info: MetricInfo }[];
}

const OTHER = "Other";

/** The registry's pattern as a regular expression: a part in braces stands for one name or number. */
function toRegExp(name: string): RegExp {
  const parts = name.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? "[\\w.\\-]+" : escape(part)));
  return new RegExp(`^${parts.join("")}$`);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The registry's entry for a metric; one that is not listed gets an entry in "Other". */
export function describeMetric(registry: MetricRegistry, key: string): MetricInfo {
  return (
    registry.metrics.find((metric) => metric.name === key) ??
    registry.metrics.find((metric) => metric.name.includes("{") && toRegExp(metric.name).test(key)) ?? {
      name: key,
      group: OTHER,
      description: "Not in the registry: reported by the trainer as it is.",
      unit: "",
      direction: "none",
      headline: false,
      axis: "step",
      profile: false,
    }
  );
}

/** Metrics in the registry's groups and order, without those that are points of a curve; groups without metrics are left out. */
export function groupMetrics(registry: MetricRegistry, keys: readonly string[]): MetricGroup[] {
  const order = new Map(registry.metrics.map((metric, i) => [metric.name, i]));
  const described = keys
    .map((key) => ({ key, info: describeMetric(registry, key) }))
    .filter(({ info }) => !info.profile);
  const place = (info: MetricInfo) => order.get(info.name) ?? Infinity;
  described.sort((a, b) => place(a.info) - place(b.info) || a.key.localeCompare(b.key) || 0);
  return [...registry.groups, OTHER]
    .filter((name, i, all) => all.indexOf(name) === i)
    .map((name) => ({ name, metrics: described.filter(({ info }) => info.group === name) }))
    .filter((group) => group.metrics.length > 0);
}
