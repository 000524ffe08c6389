import { RotateCcw } from "lucide-react";

import { Button } from "@/components/ui/button";

interface Props {
  /** Id of the label that names what is reset. */
  labelId: string;
  onReset: () => void;
}

/** Marks a value that differs from where the form started, and takes it back. */
export function ResetButton({ labelId, onReset }: Props) {
  return (
    <Button
      size="sm"
      variant="ghost"
      className="h-6 px-1.5 text-accent"
      aria-describedby={labelId}
      title="Changed: back to where it started"
      onClick={onReset}
    >
      <RotateCcw aria-hidden="true" className="size-3.5!" /> Reset
    </Button>
  );
}
