import { Check, ChevronDown } from "lucide-react";
import { Select as Base } from "radix-ui";

import { cn } from "@/lib/cn";

export interface Option {
  value: string;
  label: string;
  description?: string;
}

interface Props {
  value: string;
  onChange: (value: string) => void;
  options: readonly Option[];
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
  disabled?: boolean;
  placeholder?: string;
  className?: string;
}

/** A choice among a few options. Values must not be empty strings. */
export function Select({ value, onChange, options, placeholder, className, disabled, ...aria }: Props) {
  return (
    <Base.Root value={value} onValueChange={onChange} disabled={disabled}>
      <Base.Trigger
        className={cn(
          "flex h-8 w-full min-w-0 items-center justify-between gap-2 rounded-md border border-line-strong/70 bg-surface px-2.5 text-left aria-invalid:border-danger disabled:opacity-60",
          className,
        )}
        {...aria}
      >
        <span className="truncate">
          <Base.Value placeholder={placeholder} />
        </span>
        <Base.Icon>
          <ChevronDown className="size-4 text-muted" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Content
          position="popper"
          sideOffset={4}
          className="z-50 max-h-(--radix-select-content-available-height) max-w-[min(30rem,95vw)] min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border border-line bg-surface shadow-pop"
        >
          <Base.Viewport className="p-1">
            {options.map((option) => (
              <Base.Item
                key={option.value}
                value={option.value}
                className="relative rounded-md py-1.5 pr-3 pl-7 outline-none select-none data-[highlighted]:bg-surface-2"
              >
                <Base.ItemIndicator className="absolute top-2 left-2">
                  <Check className="size-4 text-accent" />
                </Base.ItemIndicator>
                <Base.ItemText>{option.label}</Base.ItemText>
                {option.description && <p className="text-xs text-muted">{option.description}</p>}
              </Base.Item>
            ))}
          </Base.Viewport>
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}
