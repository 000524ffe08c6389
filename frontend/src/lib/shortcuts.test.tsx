import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { Checkbox } from "@/components/ui/checkbox";

import { type Action, useActions } from "./actions";
import { useListKeys } from "./listKeys";
import { keyLabels, keyName, useShortcuts } from "./shortcuts";

function Page({ actions }: { actions: Action[] }) {
  useListKeys();
  useShortcuts();
  useActions(actions);
  return (
    <main>
      <input aria-label="Name" />
      <ul>
        {["one", "two"].map((name) => (
          <li key={name} data-row>
            <Checkbox aria-label={`Select ${name}`} onCheckedChange={() => actions[0]?.run()} />
            <a href={`#${name}`}>{name}</a>
          </li>
        ))}
      </ul>
    </main>
  );
}

function setUp(keys: readonly string[]) {
  const done: string[] = [];
  const actions = keys.map((one) => ({ id: one, label: one, group: "Test", keys: one, run: () => done.push(one) }));
  render(<Page actions={actions} />);
  return { user: userEvent.setup(), done };
}

it("fires for single keys, signs, combinations and one key after the other", async () => {
  const { user, done } = setUp(["s", "?", "mod+k", "g r", "r"]);
  await user.keyboard("s?{Control>}k{/Control}grr");
  expect(done).toEqual(["s", "?", "mod+k", "g r", "r"]);
});

it("keeps quiet while somebody types, but for combinations", async () => {
  const { user, done } = setUp(["s", "mod+k"]);
  await user.type(screen.getByLabelText("Name"), "sss{Control>}k{/Control}");
  expect(screen.getByLabelText("Name")).toHaveValue("sss");
  expect(done).toEqual(["mod+k"]);
});

it("walks through rows, ticks one and leaves Enter to its link", async () => {
  const { user, done } = setUp(["ticked"]);
  await user.keyboard("j");
  expect(screen.getByText("one")).toHaveFocus();
  await user.keyboard("jj");
  expect(screen.getByText("two")).toHaveFocus();
  await user.keyboard("kx");
  expect(screen.getByText("one")).toHaveFocus();
  expect(done).toEqual(["ticked"]);
});

it("forgets what a view offered when it goes", () => {
  const done: string[] = [];
  const actions = [{ id: "a", label: "a", group: "Test", keys: "a", run: () => done.push("a") }];
  const { rerender } = render(<Page actions={actions} />);
  fireEvent.keyDown(document.body, { key: "a" });
  rerender(<Page actions={[]} />);
  fireEvent.keyDown(document.body, { key: "a" });
  expect(done).toEqual(["a"]);
});

it("names keys as they stand on a keyboard", () => {
  const press = { key: "J", ctrlKey: false, metaKey: false, altKey: false, shiftKey: true };
  expect(keyName(press)).toBe("shift+j");
  expect(keyName({ ...press, key: "Shift" })).toBeNull();
  expect(keyLabels("g r")).toEqual([["G"], ["R"]]);
  expect(keyLabels("mod+k")).toEqual([["Ctrl", "K"]]);
});
