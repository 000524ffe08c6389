import { useQuery } from "@tanstack/react-query";
import { ListFilter, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";

import { projects } from "@/api/queries";
import { STATUS } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuCheckbox } from "@/components/ui/dropdown-menu";
import { SearchInput } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { algorithmName } from "@/lib/format";
import { useDebounced } from "@/lib/useDebounced";

import { isFiltered, type RunsSearch, STATUSES } from "./search";

interface Props {
  search: RunsSearch;
  onChange: (changes: Partial<RunsSearch>) => void;
  /** Tags that the loaded runs have. */
  tags: readonly string[];
  /** Stands after the filters. */
  children?: ReactNode;
  onClear: () => void;
}

const ANY = "any";
const ALGORITHMS = ["grpo", "ah_grpo", "sa_ah_grpo"];

export function Toolbar({ search, onChange, tags, children, onClear }: Props) {
  const { data } = useQuery(projects());
  const names = data?.map((project) => project.name) ?? [];
  const known = [...new Set([...(search.tag ?? []), ...tags])].sort();
  return (
    <div role="search" aria-label="Runs" className="flex flex-wrap items-center gap-2">
      <SearchBox key={search.q ?? ""} value={search.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
      <CheckMenu
        label="Status"
        options={STATUSES.map((status) => ({ value: status, label: STATUS[status].label }))}
        chosen={search.status ?? []}
        onChange={(status) => onChange({ status: STATUSES.filter((one) => status.includes(one)) })}
      />
      <CheckMenu
        label="Tags"
        options={known.map((tag) => ({ value: tag, label: tag }))}
        chosen={search.tag ?? []}
        onChange={(tag) => onChange({ tag })}
      />
      <Select
        aria-label="Algorithm"
        className="w-auto"
        value={search.algorithm ?? ANY}
        onChange={(value) => onChange({ algorithm: value === ANY ? undefined : value })}
        options={[
          { value: ANY, label: "Any algorithm" },
          ...ALGORITHMS.map((value) => ({ value, label: algorithmName(value) })),
        ]}
      />
      <Select
        aria-label="Project"
        className="w-auto max-w-56"
        value={search.project ?? ANY}
        onChange={(value) => onChange({ project: value === ANY ? undefined : value })}
        options={[
          { value: ANY, label: "All projects" },
          ...[...new Set([...names, ...(search.project ? [search.project] : [])])].map((value) => ({ value, label: value })),
        ]}
      />
      <Button
        aria-pressed={search.deleted ?? false}
        className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
        onClick={() => onChange({ deleted: search.deleted ? undefined : true })}
      >
        Deleted
      </Button>
      {children}
      {isFiltered(search) && (
        <Button variant="ghost" onClick={onClear}>
          <X aria-hidden="true" /> Clear filters
        </Button>
      )}
    </div>
  );
}

/** Keeps its own text while somebody types; `key` gives it a new one when the URL changes otherwise. */
function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const settled = useDebounced(text, 250);
  useEffect(() => {
    if (settled !== value) onChange(settled);
    // only typing sends: the URL's own changes come through `key`
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  return (
    <SearchInput
      className="w-full sm:w-72"
      aria-label="Search runs"
      placeholder="Search name, model, tag, note"
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

interface CheckMenuProps {
  label: string;
  options: readonly { value: string; label: string }[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

function CheckMenu({ label, options, chosen, onChange }: CheckMenuProps) {
  return (
    <DropdownMenu
      align="start"
      trigger={
        <Button disabled={options.length === 0} className={chosen.length > 0 ? "border-accent bg-accent-soft" : ""}>
          <ListFilter aria-hidden="true" className="text-muted" />
          {label}
          {chosen.length > 0 && <span className="tabular">· {chosen.length}</span>}
        </Button>
      }
    >
      {options.map(({ value, label: text }) => (
        <MenuCheckbox
          key={value}
          checked={chosen.includes(value)}
          onCheckedChange={(checked) =>
            onChange(checked ? [...chosen, value] : chosen.filter((one) => one !== value))
          }
        >
          <span className="max-w-64 truncate">{text}</span>
        </MenuCheckbox>
      ))}
    </DropdownMenu>
  );
}
