import { describe, expect, it } from "vitest";

import { errorMessage, isStatus, toApiError } from "./errors";

describe("toApiError", () => {
  it("carries the server's words and the invalid fields", () => {
    const errors = [{ path: "algorithm.alpha", message: "too large", remedy: "Use at most 100." }];
    const error = toApiError(422, { title: "Invalid", detail: "The configuration is not valid.", status: 422, errors });
    expect(errorMessage(error)).toBe("The configuration is not valid.");
    expect(error.fields).toEqual(errors);
    expect(isStatus(error, 422)).toBe(true);
  });

  it("makes sense of a body that is no problem, such as a proxy's page", () => {
    expect(errorMessage(toApiError(502, "<html>Bad gateway</html>"))).toBe("The server answered with status 502.");
    expect(toApiError(500, undefined).fields).toEqual([]);
  });
});
