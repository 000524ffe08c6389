import { Bell, BellRing } from "lucide-react";

import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";
import { allowNotifications, notifySettings, saveNotifySettings, useNotifySettings } from "@/lib/notifySettings";

/** "Tell me when this ends": a browser notification, asked for by this click. */
export function TellMe({ runId }: { runId: string }) {
  const on = useNotifySettings().runs.includes(runId);
  const Icon = on ? BellRing : Bell;
  const toggle = async () => {
    const refusal = on ? null : await allowNotifications();
    if (refusal) {
      toast.error(refusal);
      return;
    }
    const others = notifySettings().runs.filter((one) => one !== runId);
    saveNotifySettings({ runs: on ? others : [...others, runId] });
  };
  return (
    <Button variant="ghost" size="sm" aria-pressed={on} onClick={() => void toggle()}>
      <Icon aria-hidden="true" className={on ? "text-accent" : ""} /> {on ? "You will be told when this ends" : "Tell me when this ends"}
    </Button>
  );
}
