// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, it, vi } from "vitest";

import { keys } from "@/api/queries";
import type { StreamHandlers } from "@/api/stream";
import { makeRun } from "@/test/runs";

import { useLive } from "./useLive";

const handlers: Partial<StreamHandlers> = {};
vi.mock("@/api/useStream", () => ({
  useStream: (_: unknown, given: Partial<StreamHandlers>) => {
    Object.assign(handlers, given);
    return "live";
  },
}));

it.each([
  ["the same state", "queued", false],
  ["another state", "running", true],
] as const)("takes news of a run for a change of the list or not: %s", async (_, status, waits) => {
  const client = new QueryClient();
  client.setQueryData([...keys.runs, {}], { items: [makeRun({ id: "a", status: "queued" })], total: 1 });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  const { result } = renderHook(() => useLive(false, false), { wrapper });
  act(() => handlers.run?.(makeRun({ id: "a", status, priority: 3 })));
  await waitFor(() => expect(result.current.waiting).toBe(waits));
});
