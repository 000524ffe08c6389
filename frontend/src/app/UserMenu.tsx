import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Braces, CircleUser, LogOut } from "lucide-react";

import { api, unwrap } from "@/api/client";
import { errorMessage } from "@/api/errors";
import { me } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { DropdownMenu, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/dropdown-menu";
import { toast } from "@/components/ui/toast";

export function UserMenu() {
  const client = useQueryClient();
  const { data } = useQuery(me());
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
      <MenuItem asChild>
        <a href="/api/v1/openapi.json" target="_blank" rel="noreferrer">
          <Braces aria-hidden="true" className="text-muted" /> API description (OpenAPI)
        </a>
      </MenuItem>
      <MenuItem onSelect={() => void logOut()}>
        <LogOut aria-hidden="true" className="text-muted" /> Log out
      </MenuItem>
    </DropdownMenu>
  );
}
