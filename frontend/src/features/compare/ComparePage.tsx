import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Columns3, Plus } from "lucide-react";
import { useMemo, useState } from "react";

import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/states";
import { useTitle } from "@/lib/useTitle";

import { Comparing } from "./Comparing";
import { PickRuns } from "./PickRuns";
import { type CompareParams, readCompareSearch } from "./search";

const route = getRouteApi("/compare");

/** Any set of runs side by side, alone or in groups: statistics, charts, differences, relations. */
export function ComparePage() {
  const params = route.useSearch();
  const search = useMemo(() => readCompareSearch(params), [params]);
  const navigate = useNavigate({ from: "/compare" });
  const [picking, setPicking] = useState(false);
  useTitle("Compare");
  const set = (changes: CompareParams) =>
    void navigate({ search: (old) => ({ ...old, ...changes }), replace: true, resetScroll: false });
  const choose = (ids: string[]) =>
    set({
      runs: ids.join(",") || undefined,
      hide: search.hide.filter((id) => ids.includes(id)).join(",") || undefined,
    });
  return (
    <div className="flex flex-col gap-5">
      <header className="flex flex-wrap items-center gap-3">
        <h1 className="text-xl font-semibold">Compare runs</h1>
        {search.runs.length > 0 && (
          <Button className="ml-auto" onClick={() => setPicking(true)}>
            <Plus aria-hidden="true" /> Add runs
          </Button>
        )}
      </header>
      {search.runs.length === 0 ? (
        <EmptyState
          icon={<Columns3 aria-hidden="true" />}
          title="Which runs?"
          action={<PickButton onClick={() => setPicking(true)} />}
        >
          Pick runs here, or tick them in the table of runs. The link to this page keeps what you picked.
        </EmptyState>
      ) : (
        <Comparing
          search={search}
          onSearch={set}
          onRemove={(ids) => choose(search.runs.filter((id) => !ids.includes(id)))}
          nothing={<EmptyState title="None of these runs exists" action={<PickButton onClick={() => setPicking(true)} />} />}
        />
      )}
      <PickRuns open={picking} onOpenChange={setPicking} chosen={search.runs} onChange={choose} />
    </div>
  );
}

function PickButton({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="primary" onClick={onClick}>
      <Plus aria-hidden="true" /> Pick runs
    </Button>
  );
}
