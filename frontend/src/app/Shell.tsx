import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";

import { isStatus } from "@/api/errors";
import { me } from "@/api/queries";
import { Button } from "@/components/ui/button";
import { useNotifySettings, wantsAnything } from "@/lib/notifySettings";

import { Brand } from "./Brand";
import { PAGES } from "./pages";
import { RoutePending } from "./RoutePending";
import { ThemeMenu } from "./ThemeMenu";
import { useGlobalActions } from "./useGlobalActions";
import { UserMenu } from "./UserMenu";

const LoginPage = lazy(() => import("@/features/login/LoginPage").then((page) => ({ default: page.LoginPage })));

const Notifier = lazy(() => import("@/features/alerts/Notifier").then((it) => ({ default: it.Notifier })));
const Palette = lazy(() => import("./Palette").then((it) => ({ default: it.Palette })));
const ShortcutsDialog = lazy(() => import("./ShortcutsDialog").then((it) => ({ default: it.ShortcutsDialog })));

/** Bar, navigation and the page; the login page in its place while nobody is logged in. */
export function Shell() {
  const { error, isPending } = useQuery(me());
  const loggedOut = isStatus(error, 401);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    // a new page starts at its heading for those who hear it or use the keyboard
    document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
  }, [path]);
  if (loggedOut) {
    return (
      <Suspense>
        <LoginPage />
      </Suspense>
    );
  }
  return (
    <>
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-text focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-surface/95 backdrop-blur">
        <div className="mx-auto flex h-12 max-w-[max(1760px,75vw)] items-center gap-4 px-4">
          <Link to="/" className="rounded-md" aria-label="Ahora, all runs">
            <Brand />
          </Link>
          <nav aria-label="Main" className="hidden items-center gap-1 sm:flex">
            {PAGES.map(({ to, label, icon: Icon }) => (
              <Link
                key={to}
                to={to}
                activeOptions={{ exact: to === "/", includeSearch: false }}
                {...(to === "/" && path.startsWith("/runs/") ? { "data-status": "active" } : {})}
                className="flex items-center gap-1.5 rounded-md px-2.5 py-1.5 text-muted hover:bg-surface-2 hover:text-text data-[status=active]:bg-surface-2 data-[status=active]:font-medium data-[status=active]:text-text"
              >
                <Icon className="size-4" aria-hidden="true" />
                {label}
              </Link>
            ))}
          </nav>
          <div className="ml-auto flex items-center gap-1">
            <Palettes />
            <ThemeMenu />
            <UserMenu />
          </div>
        </div>
      </header>
      <Notifications />
      <main id="main" tabIndex={-1} className="mx-auto max-w-[max(1760px,75vw)] px-4 pt-5 pb-24 sm:pb-10">
        {/* who is asking comes first: a page without a login would only collect refusals */}
        {isPending ? <RoutePending /> : <Outlet />}
      </main>
      <nav
        aria-label="Main"
        className="fixed inset-x-0 bottom-0 z-30 flex justify-between px-1.5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] sm:hidden"
      >
        {PAGES.map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/", includeSearch: false }}
                {...(to === "/" && path.startsWith("/runs/") ? { "data-status": "active" } : {})}
            className="flex min-w-11 flex-col items-center gap-0.5 py-2 text-[0.6875rem] text-muted -outline-offset-2 data-[status=active]:font-medium data-[status=active]:text-accent"
          >
            <Icon className="size-5" aria-hidden="true" />
            {label}
          </Link>
        ))}
      </nav>
    </>
  );
}

/** The command palette and the list of shortcuts, loaded when they are first asked for. */
function Palettes() {
  const [open, setOpen] = useState<"palette" | "shortcuts" | null>(null);
  useGlobalActions(setOpen);
  const close = () => setOpen(null);
  return (
    <>
      <Button variant="ghost" size="icon" aria-label="Search and commands" aria-keyshortcuts="Control+K Meta+K" onClick={() => setOpen("palette")}>
        <Search aria-hidden="true" />
      </Button>
      <Suspense>
        {open === "palette" && <Palette onClose={close} />}
        {open === "shortcuts" && <ShortcutsDialog onClose={close} />}
      </Suspense>
    </>
  );
}

/** Loaded only where somebody asked for notifications. */
function Notifications() {
  const wanted = wantsAnything(useNotifySettings());
  return <Suspense>{wanted && "Notification" in window && <Notifier />}</Suspense>;
}
