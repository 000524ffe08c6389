// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";

import { makeFullRun, makeRun } from "@/test/runs";

import { keys } from "./queries";
import { patchPages, putRun } from "./runCache";

const pages = { pages: [{ items: [makeRun({ id: "a" })] }, { items: [makeRun({ id: "b" })] }], pageParams: [null, "x"] };

describe("patchPages", () => {
  it("replaces a run where it stands and leaves the other pages alone", () => {
    const patched = patchPages(pages, makeRun({ id: "b", step: 99 }));
    expect(patched.pages[1]?.items[0]?.step).toBe(99);
    expect(patched.pages[0]).toBe(pages.pages[0]);
  });

  it("gives back the same object when no page has the run", () => {
    expect(patchPages(pages, makeRun({ id: "c" }))).toBe(pages);
  });
});

describe("putRun", () => {
  it("brings lists and the run itself up to date and keeps what the stream does not carry", () => {
    const client = new QueryClient();
    client.setQueryData([...keys.runs, {}], pages);
    client.setQueryData(keys.run("a"), makeFullRun({ id: "a", notes: "kept" }));
    const before = makeRun().status;
    expect(putRun(client, makeRun({ id: "a", step: 50, status: "stopped" }))).toBe(before);
    expect(putRun(client, makeRun({ id: "a", step: 50, status: "stopped" }))).toBe("stopped");
    expect(client.getQueryData(keys.run("a"))).toMatchObject({ step: 50, notes: "kept" });
    expect(client.getQueryData<typeof pages>([...keys.runs, {}])?.pages[0]?.items[0]?.step).toBe(50);
  });

  it("says null when no list shows the run", () => {
    expect(putRun(new QueryClient(), makeRun())).toBeNull();
  });
});
