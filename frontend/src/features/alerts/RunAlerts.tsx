import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, ChevronRight, SlidersHorizontal } from "lucide-react";

import { runAlerts } from "@/api/queries";
import type { Alert, Run } from "@/api/types";
import { isFinal } from "@/components/runs/StatusBadge";
import { Button } from "@/components/ui/button";

import { AlertCard } from "./AlertCard";
import { TellMe } from "./TellMe";

function isOpen(alert: Alert): boolean {
  return alert.active && !alert.acknowledged_at;
}

interface Props {
  run: Run;
  /** Alerts that are over or acknowledged are shown too. */
  past: boolean;
  /** Rule whose alert a link is about: shown in any case. */
  asked?: string | undefined;
}

/** What the rules found on a run. */
export function RunAlerts({ run, past, asked }: Props) {
  const { data } = useQuery(runAlerts(run.id));
  const names = run.alerts ?? [];
  const open = (data ?? []).filter(isOpen);
  const rest = (data ?? []).filter((alert) => !isOpen(alert) && (past || alert.rule === asked));
  if (open.length + rest.length === 0 && (data || names.length === 0)) return null;
  return (
    <section aria-label="Alerts" className="flex flex-col gap-2">
      {/* their names come with the run: what is said about them may come later without moving the page */}
      {data
        ? [...open, ...rest].map((alert) => <AlertCard key={alert.id} alert={alert} asked={alert.rule === asked} />)
        : names.map((name) => <div key={name} className="h-15 rounded-lg border border-warning/40 bg-warning-soft" />)}
    </section>
  );
}

/** Shows and hides what the rules found before; nothing when there is nothing. */
export function PastAlerts({ run, past, onPast }: Props & { onPast: (shown: boolean) => void }) {
  const { data } = useQuery(runAlerts(run.id));
  const count = (data ?? []).filter((alert) => !isOpen(alert)).length;
  const Chevron = past ? ChevronDown : ChevronRight;
  if (count === 0) return null;
  return (
    <Button variant="ghost" size="sm" aria-expanded={past} onClick={() => onPast(!past)}>
      <Chevron aria-hidden="true" /> {count === 1 ? "1 earlier alert" : `${count} earlier alerts`}
    </Button>
  );
}

/** How to be told when a run ends, and the rules that watch it. */
export function WatchActions({ run }: { run: Run }) {
  return (
    <>
      {!isFinal(run.status) && <TellMe runId={run.id} />}
      <Button asChild variant="ghost" size="sm">
        <Link to="/rules" search={{ run: run.id }}>
          <SlidersHorizontal aria-hidden="true" /> Rules of this run
        </Link>
      </Button>
    </>
  );
}
