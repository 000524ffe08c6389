import { Monitor, Moon, Sun } from "lucide-react";

import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem } from "@/components/ui/dropdown-menu";
import { setTheme, type ThemeChoice, useThemeChoice } from "@/theme/theme";

const CHOICES = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "system", label: "As the system", icon: Monitor },
] as const satisfies readonly { value: ThemeChoice; label: string; icon: typeof Sun }[];

export function ThemeMenu() {
  const choice = useThemeChoice();
  const Icon = CHOICES.find((one) => one.value === choice)?.icon ?? Monitor;
  return (
    <DropdownMenu
      trigger={
        <Button variant="ghost" size="icon" aria-label="Theme">
          <Icon aria-hidden="true" />
        </Button>
      }
    >
      {CHOICES.map(({ value, label, icon: ItemIcon }) => (
        <MenuItem key={value} onSelect={() => setTheme(value)} aria-current={value === choice}>
          <ItemIcon aria-hidden="true" className="text-muted" />
          <span className={value === choice ? "font-semibold" : ""}>{label}</span>
        </MenuItem>
      ))}
    </DropdownMenu>
  );
}
