import type { RolloutStep } from "@/api/types";
import { useActions } from "@/lib/actions";

import type { RunSearch } from "../run/search";
import { FILTER_LABELS, FILTERS } from "./filter";
import { SHADES } from "./shading";

interface Options {
  steps: readonly RolloutStep[];
  at: number;
  search: RunSearch;
  onSearch: (changes: Partial<RunSearch>) => void;
}

const GROUP = "Rollouts";

/** Keys of the rollouts: steps, shading, filter. Groups are rows, so that j and k go through them. */
export function useRolloutKeys({ steps, at, search, onSearch }: Options): void {
  const go = (by: number) => {
    const step = steps[at + by];
    if (step) onSearch({ step: step.step, group: undefined });
  };
  const shade = SHADES[(SHADES.findIndex((one) => one.key === (search.shade ?? "entropy")) + 1) % SHADES.length] ?? SHADES[0];
  const filter = FILTERS[(FILTERS.indexOf(search.show ?? "all") + 1) % FILTERS.length] ?? "all";
  useActions([
    { id: "rollouts-earlier", label: "Earlier step", group: GROUP, keys: "[", run: () => go(-1) },
    { id: "rollouts-later", label: "Later step", group: GROUP, keys: "]", run: () => go(1) },
    {
      id: "rollouts-shade",
      label: "Shade by the next quantity",
      group: GROUP,
      keys: "s",
      run: () => onSearch({ shade: shade?.key === "entropy" ? undefined : shade?.key }),
    },
    {
      id: "rollouts-filter",
      label: `Next filter (${Object.values(FILTER_LABELS).join(", ").toLowerCase()})`,
      group: GROUP,
      keys: "v",
      run: () => onSearch({ show: filter === "all" ? undefined : filter }),
    },
  ]);
}
