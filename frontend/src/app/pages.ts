import { Columns3, Database, FlaskConical, Folder, List, Plus, Server } from "lucide-react";

/** The pages of the navigation, each with the letter that follows `g` on the keyboard. */
export const PAGES = [
  { to: "/", label: "Runs", icon: List, key: "r" },
  { to: "/compare", label: "Compare", icon: Columns3, key: "c" },
  { to: "/experiments", label: "Experiments", icon: FlaskConical, key: "e" },
  { to: "/datasets", label: "Datasets", icon: Database, key: "d" },
  { to: "/workers", label: "Workers", icon: Server, key: "w" },
  { to: "/projects", label: "Projects", icon: Folder, key: "p" },
  { to: "/launch", label: "Launch", icon: Plus, key: "l" },
] as const;

/** Pages that are reached from others, and from the keyboard. */
export const FURTHER_PAGES = [{ to: "/rules", label: "Rules", key: "u" }] as const;
