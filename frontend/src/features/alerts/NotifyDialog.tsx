import { useId } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Switch } from "@/components/ui/switch";
import { toast } from "@/components/ui/toast";
import { allowNotifications, saveNotifySettings, useNotifySettings } from "@/lib/notifySettings";

const KINDS = [
  { key: "alerts", label: "Alerts", help: "When a rule finds something on any run." },
  { key: "ends", label: "Ends of runs", help: "When any run completes or fails." },
] as const;

/** What this browser tells of. The browser asks for its permission when something is switched on. */
export function NotifyDialog({ onClose }: { onClose: () => void }) {
  const id = useId();
  const settings = useNotifySettings();
  const set = async (key: "alerts" | "ends", on: boolean) => {
    const refusal = on ? await allowNotifications() : null;
    if (refusal) toast.error(refusal);
    else saveNotifySettings({ [key]: on });
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Notifications"
      description="This browser tells you while a tab of the dashboard is open, also in the background. A single run's end is asked for on its page."
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <ul className="flex flex-col gap-3">
        {KINDS.map(({ key, label, help }) => (
          <li key={key} className="flex items-start gap-3">
            <Switch
              id={`${id}-${key}`}
              className="mt-0.5"
              aria-describedby={`${id}-${key}-help`}
              checked={settings[key]}
              onCheckedChange={(on) => void set(key, on)}
            />
            <div>
              <label htmlFor={`${id}-${key}`} className="font-medium">
                {label}
              </label>
              <p id={`${id}-${key}-help`} className="text-muted">
                {help}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {settings.runs.length > 0 && (
        <p className="flex flex-wrap items-center gap-2 text-muted">
          You will be told when {settings.runs.length === 1 ? "1 run ends" : `${settings.runs.length} runs end`}.
          <Button size="sm" onClick={() => saveNotifySettings({ runs: [] })}>
            Forget {settings.runs.length === 1 ? "it" : "them"}
          </Button>
        </p>
      )}
    </Dialog>
  );
}
