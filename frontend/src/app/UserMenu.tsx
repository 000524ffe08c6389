import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, Braces, CircleUser, LogOut } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { me } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toast";

const NotifyDialog = lazy(() => import("@/features/alerts/NotifyDialog").then((it) => ({ default: it.NotifyDialog })));

export function UserMenu() {
  const client = useQueryClient();
  const { data } = useQuery(me());
  const [notify, setNotify] = useState(false);
  const logOut = async () => {
    try {
      await unwrap(api.POST("/api/v1/auth/logout"));
    } catch (error) {
      toast.error(`Not logged out: ${errorMessage(error)}`);
      return;
    }
    await client.resetQueries();
  };
  return (
    <>
    <DropdownMenu
      trigger={
        <Button variant="ghost" size="icon" aria-label="Account">
          <CircleUser aria-hidden="true" />
        </Button>
      }
    >
      <MenuLabel className="max-w-60">
        Logged in as <span className="break-words text-text">{data?.name ?? "…"}</span>
        <br />
        Ahora {data?.version ?? ""}
      </MenuLabel>
      <MenuSeparator />
      <MenuItem onSelect={() => setNotify(true)}>
        <Bell aria-hidden="true" className="text-muted" /> Notifications
      </MenuItem>
      <MenuItem asChild>
        <a href="/api/v1/openapi.json" target="_blank" rel="noreferrer">
          <Braces aria-hidden="true" className="text-muted" /> API description (OpenAPI)
        </a>
      </MenuItem>
      <MenuItem onSelect={() => void logOut()}>
        <LogOut aria-hidden="true" className="text-muted" /> Log out
      </MenuItem>
    </DropdownMenu>
    <Suspense>{notify && <NotifyDialog onClose={() => setNotify(false)} />}</Suspense>
    </>
  );
}
