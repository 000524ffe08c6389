// The one way to the API. `unwrap` turns an answer into its data or throws an ApiError.
import createClient, { type FetchResponse } from "openapi-fetch";

import { NetworkError, toApiError } from "./errors";
import type { paths } from "./schema";

const listeners = new Set<() => void>();

/** Calls `listener` whenever the server says that nobody is logged in. */
export function onLoggedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function request(input: Request): Promise<Response> {
  try {
    return await fetch(input);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new NetworkError("The server does not answer. Is it still running?", { cause: error });
  }
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: request,
});

type Media = `${string}/${string}`;

/** The data of an answer; anything but a success is thrown as an `ApiError`. */
export async function unwrap<T extends Record<string | number, unknown>, O, M extends Media>(
  promise: Promise<FetchResponse<T, O, M>>,
): Promise<NonNullable<FetchResponse<T, O, M>["data"]>> {
  const { data, error, response } = await promise;
  if (!response.ok) {
    if (response.status === 401) for (const listener of listeners) listener();
    throw toApiError(response.status, error);
  }
  // a 204 has no data; its callers ignore what they get
  return data as NonNullable<FetchResponse<T, O, M>["data"]>;
}

