import {
  Flag,
  GitPullRequestArrow,
  History,
  House,
  IdCard,
  KeyRound,
  ScrollText,
  Settings,
  UsersRound,
} from "lucide-react";

/** Every page of the console, once: the rail, the palette and the shortcuts read it. `key` goes after `g`. */
export const pages = [
  { href: "/", name: "Home", icon: House, key: "o" },
  { href: "/flags", name: "Flags", icon: Flag, key: "f" },
  { href: "/segments", name: "Segments", icon: UsersRound, key: "s" },
  { href: "/changes", name: "Changes", icon: GitPullRequestArrow, key: "c" },
  { href: "/keys", name: "SDK keys", icon: KeyRound, key: "k" },
  { href: "/history", name: "History", icon: History, key: "h" },
  { href: "/audit", name: "Audit log", icon: ScrollText, key: "a" },
  { href: "/people", name: "People", icon: IdCard, key: "p" },
  { href: "/settings", name: "Settings", icon: Settings, key: "," },
] as const;

/** Pages of one thing belong to the list of such things. */
export function sectionOf(pathname: string): string {
  const bare = pathname.replace(/\/$/, "") || "/";
  if (bare === "/flag") return "/flags";
  if (bare === "/segment") return "/segments";
  return bare;
}
