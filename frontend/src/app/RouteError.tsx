import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";

import { ErrorState } from "@/components/ui/states";

/** A page that broke; the shell around it still works. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return <ErrorState title="This page could not be shown" error={error} onRetry={retry} />;
}
