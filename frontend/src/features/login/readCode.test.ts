import { expect, it } from "vitest";

import { readCode } from "./readCode";

it("takes the code of an address, or the code alone", () => {
  expect(readCode(" http://127.0.0.1:8000/login?code=AbC-1_2 \n")).toBe("AbC-1_2");
  expect(readCode("http://host/login?next=/&code=xyz#top")).toBe("xyz");
  expect(readCode("  AbC-1_2 ")).toBe("AbC-1_2");
  expect(readCode("  ")).toBe("");
});
