"use client";
import { PanelLeft } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useState } from "react";
import { cn } from "@/lib/cn";
import { useWaitingForMe } from "@/lib/queries/change-requests";
import { href } from "@/lib/url";
import { Logo } from "../marks";
import { pages, sectionOf } from "../navigation";
import { Badge } from "../ui/badge";
import { IconButton } from "../ui/icon-button";

const COLLAPSED = "yardarm:rail";

export function NavigationLinks({
  project,
  collapsed,
  onGo,
}: {
  project?: string;
  collapsed?: boolean;
  onGo?: () => void;
}) {
  const section = sectionOf(usePathname());
  const waiting = useWaitingForMe(project).data?.total ?? 0;
  return (
    <ul className="flex flex-col gap-0.5">
      {pages.map((page) => (
        <li key={page.href}>
          <Link
            href={href(page.href, { p: project })}
            prefetch={false}
            onClick={onGo}
            aria-current={section === page.href ? "page" : undefined}
            title={collapsed ? page.name : undefined}
            className={cn(
              "flex h-8 items-center gap-2.5 rounded-md px-2.5 font-medium text-ink-2 text-sm hover:bg-hover hover:text-ink pointer-coarse:h-11",
              section === page.href && "bg-hover text-ink",
            )}
          >
            <page.icon aria-hidden className={cn("size-4 shrink-0", section === page.href && "text-accent")} />
            <span className={collapsed ? "sr-only" : undefined}>{page.name}</span>
            {page.href === "/changes" && waiting > 0 ? (
              <Badge tone="warn" className={collapsed ? "-ml-3 -mt-3 px-1" : "ml-auto"}>
                <span className="tabular-nums">{waiting > 99 ? "99+" : waiting}</span>
                <span className="sr-only"> waiting for you</span>
              </Badge>
            ) : null}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The left edge from 768 px on; a phone has the same links in a drawer. */
export function Rail({ project }: { project?: string }) {
  const [collapsed, setCollapsed] = useState(false);
  useEffect(() => setCollapsed(localStorage.getItem(COLLAPSED) === "collapsed"), []);
  const toggle = () => {
    setCollapsed(!collapsed);
    localStorage.setItem(COLLAPSED, collapsed ? "open" : "collapsed");
  };
  return (
    <nav
      aria-label="Console"
      className={cn("hidden shrink-0 flex-col border-r bg-sunken p-2 md:flex", collapsed ? "w-14" : "w-[200px]")}
    >
      <Link
        href={href("/", { p: project })}
        prefetch={false}
        className="mb-2 flex h-8 items-center gap-2 rounded-md px-2 font-semibold text-base"
      >
        <Logo />
        <span className={collapsed ? "sr-only" : undefined}>Yardarm</span>
      </Link>
      <NavigationLinks project={project} collapsed={collapsed} />
      <IconButton
        label={collapsed ? "Widen the rail" : "Narrow the rail"}
        aria-expanded={!collapsed}
        onClick={toggle}
        className="mt-auto self-start"
      >
        <PanelLeft />
      </IconButton>
    </nav>
  );
}
