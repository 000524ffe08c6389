import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { InlineEdit } from "./InlineEdit";

function show() {
  const onSave = vi.fn();
  render(
    <InlineEdit value="old name" label="Rename" onSave={onSave}>
      <h1>old name</h1>
    </InlineEdit>,
  );
  return onSave;
}

it("saves with Enter, once", async () => {
  const onSave = show();
  await userEvent.click(screen.getByRole("button", { name: "Rename" }));
  const field = screen.getByRole("textbox", { name: "Rename" });
  expect(field).toHaveFocus();
  await userEvent.clear(field);
  await userEvent.type(field, "  new name {Enter}");
  expect(onSave).toHaveBeenCalledExactlyOnceWith("new name");
  expect(screen.getByRole("heading", { name: "old name" })).toBeVisible();
});

it("saves nothing with Escape, nor an empty or unchanged name", async () => {
  const onSave = show();
  for (const typed of ["x{Escape}", "{Backspace}{Enter}", "old name{Enter}"]) {
    await userEvent.click(screen.getByRole("button", { name: "Rename" }));
    await userEvent.keyboard(typed);
  }
  expect(onSave).not.toHaveBeenCalled();
});
