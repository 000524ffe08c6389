import { useId } from "react";

import { Dialog } from "@/components/ui/dialog";
import { Keys } from "@/components/ui/keys";
import { Label } from "@/components/ui/label";
import { Switch } from "@/components/ui/switch";
import { type Action, byGroup, useAllActions } from "@/lib/actions";
import { useSingleKeys } from "@/lib/shortcuts";

/** What the keys do on this page. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const [single, setSingle] = useSingleKeys();
  const id = useId();
  const groups = byGroup(useAllActions().filter(hasKeys));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Keyboard shortcuts"
      description="On this page. None of them fires while you type."
      footer={
        <div className="flex w-full items-center gap-2">
          <Switch id={id} checked={single} onCheckedChange={setSingle} />
          <Label htmlFor={id}>Single keys do something</Label>
        </div>
      }
    >
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        {groups.map(([name, actions]) => (
          <section key={name} aria-label={name}>
            <h3 className="mb-1 text-xs font-medium text-muted">{name}</h3>
            <dl className="flex flex-col">
              {actions.map((action) => (
                <div key={action.id} className="flex items-center justify-between gap-3 py-0.5">
                  <dt className="min-w-0 truncate">{action.label}</dt>
                  <dd>
                    <Keys keys={action.keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function hasKeys(action: Action): action is Action & { keys: string } {
  return action.keys !== undefined;
}
