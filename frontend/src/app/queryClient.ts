import { QueryClient } from "@tanstack/react-query";

import { onLoggedOut } from "@/api/client";
import { ApiError, toApiError } from "@/api/errors";
import { me } from "@/api/queries";

export const queryClient = new QueryClient({
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
  const { queryKey } = me();
  const query = queryClient.getQueryCache().find({ queryKey });
  if (query?.state.status === "success") {
    query.setState({ status: "error", error: toApiError(401, null), fetchStatus: "idle" });
  }
});
