import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { type SyntheticEvent, useState } from "react";

import { api, unwrap } from "@/api/client";
import { ApiError, errorMessage } from "@/api/errors";
import { me } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { Code } from "@/components/ui/code";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { useTitle } from "@/lib/useTitle";

import { readCode } from "./readCode";

/** Nobody is logged in: how to get a code, and a field for it. */
export function LoginPage() {
  useTitle("Log in");
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [text, setText] = useState("");
  const login = useMutation({
    mutationFn: (code: string) => unwrap(api.POST("/api/v1/auth/login", { body: { code } })),
    onSuccess: async (data) => {
      client.setQueryData(me().queryKey, data);
      if (path === "/login") await navigate({ to: "/" });
      await client.resetQueries({ predicate: (query) => query.queryKey[0] !== "me" });
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const code = readCode(text);
    if (code) login.mutate(code);
  };
  const failure = login.error instanceof ApiError && login.error.status < 500
    ? "This code is wrong, was used already or has expired. Ask for a new one."
    : login.error && errorMessage(login.error);
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 px-4 py-10">
      <div className="grid size-11 place-items-center rounded-xl bg-accent-soft text-accent">
        <KeyRound aria-hidden="true" className="size-5" />
      </div>
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Log in to Ahora</h1>
        <p className="mt-1 text-muted">
          On the machine that runs Ahora, type <Code>ahora login-url</Code> and open the address it prints. It logs this
          browser in.
        </p>
      </div>
      <form onSubmit={submit} className="flex flex-col gap-1.5">
        <Label htmlFor="login-code">Or paste the address, or only its code, here</Label>
        <div className="flex gap-2">
          <Input
            id="login-code"
            className="h-10 font-mono"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={text}
            aria-invalid={Boolean(failure)}
            aria-describedby={failure ? "login-failure" : undefined}
            onChange={(event) => setText(event.target.value)}
          />
          <Button type="submit" size="lg" variant="primary" disabled={login.isPending || !readCode(text)}>
            Log in
          </Button>
        </div>
        {failure && (
          <p id="login-failure" role="alert" className="text-danger">
            {failure}
          </p>
        )}
      </form>
    </main>
  );
}
