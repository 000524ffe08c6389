import type { FieldError, Problem } from "./types";

/** An answer that is not a success, with the server's words for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail || problem.title);
  }

  /** The invalid fields of a 422, by dotted path. */
  get fields(): FieldError[] {
    return this.problem.errors ?? [];
  }
}

/** The request never got an answer: the server is down, or the network is. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/** Builds an `ApiError` from a body that may not be a problem at all (a proxy's HTML page). */
export function toApiError(status: number, body: unknown): ApiError {
  const given: Partial<Problem> = typeof body === "object" && body !== null ? body : {};
  const problem: Problem = {
    type: typeof given.type === "string" ? given.type : "about:blank",
    title: typeof given.title === "string" ? given.title : `HTTP ${status}`,
    status,
    detail: typeof given.detail === "string" ? given.detail : `The server answered with status ${status}.`,
    errors: Array.isArray(given.errors) ? given.errors : [],
    expected_seq: null,
  };
  return new ApiError(status, problem);
}

/** What to tell a person about any error. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
