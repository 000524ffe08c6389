import { Skeleton } from "@/components/ui/skeleton";

/** While a page's script loads. */
export function RoutePending() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4">
      <Skeleton className="h-8 w-48" />
      <Skeleton className="h-64 w-full" />
    </div>
  );
}
