import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { Refusal, renderApp } from "@/test/app";

it("stands in for every page while nobody is logged in, and lets in with the pasted address", async () => {
  let loggedIn = false;
  const user = { name: "ana", kind: "user", version: "0.1.0" };
  const { asked } = renderApp("/workers", {
    "GET /api/v1/auth/me": () => (loggedIn ? user : new Refusal(401, "Log in.")),
    "POST /api/v1/auth/login": () => {
      loggedIn = true;
      return user;
    },
    "GET /api/v1/workers": () => [],
    "GET /api/v1/queue": () => [],
  });
  expect(await screen.findByText("ahora login-url")).toBeVisible();
  expect(asked.map((request) => new URL(request.url).pathname)).toEqual(["/api/v1/auth/me"]);
  await userEvent.type(screen.getByRole("textbox"), "http://127.0.0.1:8000/login?code=s3cret");
  await userEvent.click(screen.getByRole("button", { name: "Log in" }));
  expect(await screen.findByRole("heading", { name: "Workers", level: 1 })).toBeVisible();
  const login = asked.find((request) => request.url.endsWith("/login"));
  expect(await login?.json()).toEqual({ code: "s3cret" });
});

it("says what to do when the code is refused", async () => {
  renderApp("/", {
    "GET /api/v1/auth/me": () => new Refusal(401, "Log in."),
    "POST /api/v1/auth/login": () => new Refusal(401, "The code is not valid."),
  });
  await userEvent.type(await screen.findByRole("textbox"), "old");
  await userEvent.click(screen.getByRole("button", { name: "Log in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Ask for a new one");
});
