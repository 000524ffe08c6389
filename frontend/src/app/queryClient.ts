import { notifyManager, QueryClient } from "@tanstack/react-query";

import { onLoggedOut } from "@/api/client";
import { ApiError, toApiError } from "@/api/errors";
import { me } from "@/api/queries";

// what an answer changes is shown in the frame in which it came, not in one more
notifyManager.setScheduler(queueMicrotask);

export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // what the server refused once it refuses again; only a missing answer is worth asking for again
        retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  });
  // a session that ended while the page was open brings the login page
  onLoggedOut(() => {
    const query = client.getQueryCache().find({ queryKey: me().queryKey });
    if (query?.state.status === "success") {
      query.setState({ status: "error", error: toApiError(401, null), fetchStatus: "idle" });
    }
  });
  return client;
}
