import { Download, Group, Link2 } from "lucide-react";
import { useId, useState } from "react";

import { comparisonParams } from "@/api/queries";
import type { Comparison } from "@/api/types";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem } from "@/components/ui/dropdown-menu";
import { Label } from "@/components/ui/label";
import { type Option, Select } from "@/components/ui/select";
import { toast } from "@/components/ui/toast";

import { HandGroups } from "./HandGroups";
import { groupings } from "./groupings";
import type { Line } from "./lines";
import { type CompareParams, type CompareSearch, type HandGroup, writeGroup } from "./search";
import { useView } from "./useCompared";

interface Props {
  search: CompareSearch;
  onSearch: (changes: CompareParams) => void;
  comparison: Comparison;
  lines: readonly Line[];
  configurations: string | undefined;
}

/** How runs are put together, what they are compared with, and the ways out of the page. */
export function ViewBar({ search, onSearch, comparison, lines, configurations }: Props) {
  const id = useId();
  const [byHand, setByHand] = useState(false);
  const choose = (by: string) => {
    if (by === "hand") setByHand(true);
    else onSearch({ by: by === "auto" ? undefined : by, group: undefined, hide: undefined });
  };
  const group = (groups: HandGroup[]) =>
    onSearch(groups.length > 0 ? { by: "hand", group: groups.map(writeGroup), hide: undefined } : { by: undefined, group: undefined });
  const bases: Option[] = lines.map((line) => ({ value: line.id, label: line.label }));
  return (
    <section aria-label="View" className="flex flex-wrap items-center gap-x-5 gap-y-2">
      <div className="flex min-w-0 items-center gap-2 max-sm:w-full">
        <Label htmlFor={`${id}-by`} className="shrink-0 max-sm:w-20">
          Group by
        </Label>
        <Select
          id={`${id}-by`}
          className={configurations ? "sm:w-72" : "sm:w-56"}
          value={search.by}
          onChange={choose}
          options={groupings(comparison, search.by, configurations)}
        />
        {comparison.group_by === "hand" && (
          <Button size="icon" variant="ghost" aria-label="Change the groups" title="Change the groups" onClick={() => setByHand(true)}>
            <Group aria-hidden="true" />
          </Button>
        )}
      </div>
      <div className="flex min-w-0 items-center gap-2 max-sm:w-full">
        <Label htmlFor={`${id}-base`} className="shrink-0 max-sm:w-20">
          Baseline
        </Label>
        <Select
          id={`${id}-base`}
          className="sm:w-56"
          value={comparison.baseline}
          onChange={(baseline) => onSearch({ baseline })}
          options={bases}
          disabled={lines.length < 2}
        />
      </div>
      <div className="flex gap-2 sm:ml-auto">
        <Button onClick={() => void copyLink()}>
          <Link2 aria-hidden="true" /> Copy link
        </Button>
        <ExportMenu search={search} />
      </div>
      <HandGroups
        open={byHand}
        onOpenChange={setByHand}
        comparison={comparison}
        groups={search.hand.length > 0 ? search.hand : lines.map(({ label, runIds }) => ({ label, ids: [...runIds] }))}
        onGroups={group}
      />
    </section>
  );
}

/** The address holds the whole view. */
async function copyLink() {
  try {
    await navigator.clipboard.writeText(window.location.href);
    toast.success("The link shows this view to everybody who can log in here.");
  } catch {
    toast.error("The browser did not allow copying: take the address from its address bar.");
  }
}

const FORMATS = [
  { format: "html", label: "Report", help: "One HTML file with charts and tables" },
  { format: "csv", label: "Table", help: "CSV of every number" },
  { format: "json", label: "Data", help: "JSON with mean curves" },
] as const;

function ExportMenu({ search }: { search: CompareSearch }) {
  const view = useView(search);
  const address = (format: string) => {
    const { group = [], ...params } = comparisonParams(view);
    const query = new URLSearchParams({ ...params, format });
    for (const one of group) query.append("group", one);
    if (search.x !== "step") query.set("x", search.x);
    if (search.log) query.set("log", "true");
    return `/api/v1/compare/export?${query.toString()}`;
  };
  return (
    <DropdownMenu
      trigger={
        <Button>
          <Download aria-hidden="true" /> Export
        </Button>
      }
    >
      {FORMATS.map(({ format, label, help }) => (
        <MenuItem key={format} asChild>
          <a href={address(format)} download={`comparison.${format}`}>
            <span>
              <span className="block font-medium">{label}</span>
              <span className="block text-xs text-muted">{help}</span>
            </span>
          </a>
        </MenuItem>
      ))}
    </DropdownMenu>
  );
}
