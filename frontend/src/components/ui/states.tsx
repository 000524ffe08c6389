import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";

import { errorMessage } from "@/api/errors";
import { cn } from "@/lib/cn";

import { Button } from "./button";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** Nothing to show, and what to do about it. */
export function EmptyState({ icon, title, children, action, className }: EmptyProps) {
  return (
    <div
      className={cn(
        "flex flex-col items-center gap-2 rounded-lg border border-dashed border-line px-6 py-12 text-center",
        className,
      )}
    >
      {icon && <div className="text-muted [&_svg]:size-7">{icon}</div>}
      <h2 className="text-base font-semibold">{title}</h2>
      {children && <div className="max-w-prose text-muted">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

interface ErrorProps {
  error: unknown;
  title?: string;
  onRetry?: () => void;
  className?: string;
}

/** Something could not be read: what happened, and a way to try again. */
export function ErrorState({ error, title = "This could not be loaded", onRetry, className }: ErrorProps) {
  return (
    <div
      role="alert"
      className={cn("flex flex-col items-center gap-2 rounded-lg border border-danger/40 px-6 py-10 text-center", className)}
    >
      <CircleAlert className="size-7 text-danger" aria-hidden="true" />
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="max-w-prose break-words text-muted">{errorMessage(error)}</p>
      {onRetry && (
        <Button className="mt-2" onClick={onRetry}>
          <RotateCw aria-hidden="true" /> Try again
        </Button>
      )}
    </div>
  );
}
