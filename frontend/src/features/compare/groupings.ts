/** The ways to group that make sense for some runs. */

import type { Comparison } from "@/api/types";
import type { Option } from "@/components/ui/select";

const WAYS: readonly Option[] = [
  { value: "run", label: "Each run", description: "Every run is a line of its own." },
  { value: "seeds", label: "Seeds of a configuration", description: "Runs that differ only in their seed." },
  { value: "algorithm", label: "Algorithm", description: "With its alpha." },
  { value: "model", label: "Model" },
  { value: "tags", label: "Tags", description: "Those that not all runs have." },
];

const NAMES: Record<string, string> = { run: "each run", seeds: "seeds" };

/** Fields on which the runs do not differ would make one group: they are left out, but for the present one. */
export function groupings(comparison: Comparison, by: string, configurations?: string): Option[] {
  const chosen = comparison.group_by;
  const auto = by === "auto" ? `Automatic: ${NAMES[chosen] ?? chosen}` : "Automatic";
  const first = configurations
    ? { value: "auto", label: configurations, description: "The configurations of the experiment, each over its seeds." }
    : { value: "auto", label: auto, description: "Seeds together where there are several, else each run." };
  const fields = comparison.differences.map(({ path }) => path).filter((path) => path !== "algorithm.name");
  const own = [...WAYS.map(({ value }) => value), "auto", "hand", ...fields].includes(by) ? [] : [by];
  return [
    first,
    ...WAYS,
    ...[...own, ...fields].map((path) => ({ value: path, label: path })),
    { value: "hand", label: "By hand …", description: "Put runs together yourself." },
  ];
}
