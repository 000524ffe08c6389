import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, SlidersHorizontal } from "lucide-react";
import { useState } from "react";

import { runAlerts } from "@/api/queries";
import type { Run } from "@/api/types";
import { isFinal } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";

import { AlertCard } from "./AlertCard";
import { TellMe } from "./TellMe";

/** What the rules found on a run, and how to be told of it. */
export function WatchBar({ run }: { run: Run }) {
  const { data } = useQuery(runAlerts(run.id));
  const [past, setPast] = useState(false);
  const names = run.alerts ?? [];
  const all = data ?? [];
  const open = all.filter((alert) => alert.active && !alert.acknowledged_at);
  const rest = all.filter((alert) => !alert.active || alert.acknowledged_at);
  const Chevron = past ? ChevronDown : ChevronRight;
  return (
    <section aria-label="Alerts" className="flex flex-col gap-2">
      {/* their names come with the run: what is said about them may come later without moving the page */}
      {data
        ? open.map((alert) => <AlertCard key={alert.id} alert={alert} />)
        : names.map((name) => <div key={name} className="h-15 rounded-lg border border-warning/40 bg-warning-soft" />)}
      <div className="flex min-h-8 flex-wrap items-center gap-x-2 gap-y-1">
        {!isFinal(run.status) && <TellMe runId={run.id} />}
        <Button asChild variant="ghost" size="sm">
          <Link to="/rules" search={{ run: run.id }}>
            <SlidersHorizontal aria-hidden="true" /> Rules of this run
          </Link>
        </Button>
        {rest.length > 0 && (
          <Button variant="ghost" size="sm" aria-expanded={past} onClick={() => setPast(!past)}>
            <Chevron aria-hidden="true" /> {rest.length === 1 ? "1 earlier alert" : `${rest.length} earlier alerts`}
          </Button>
        )}
      </div>
      {past && rest.map((alert) => <AlertCard key={alert.id} alert={alert} />)}
    </section>
  );
}
