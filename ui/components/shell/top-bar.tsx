"use client";
import { useQueryClient } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, Menu as MenuIcon, Monitor, Moon, Plus, Search, ShieldCheck, Sun } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import type { Project, Session } from "@/lib/api/types";
import type { LiveState } from "@/lib/queries/live";
import { openTenant, signOut } from "@/lib/queries/session";
import { savedTheme, setTheme, type Theme } from "@/lib/theme";
import { toast } from "@/lib/toast";
import { problemText } from "@/lib/undo";
import { href } from "@/lib/url";
import { LiveDot, Logo } from "../marks";
import { Button } from "../ui/button";
import { Sheet } from "../ui/dialog";
import { IconButton } from "../ui/icon-button";
import { Kbd } from "../ui/kbd";
import { Menu, MenuChoice, MenuContent, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "../ui/menu";
import { NavigationLinks } from "./rail";

const CreateProjectDialog = dynamic(() => import("../create-project").then((m) => m.CreateProjectDialog), {
  ssr: false,
});

export function TopBar({
  session,
  project,
  projects,
  live,
  openPalette,
}: {
  session: Session | undefined;
  project: Project | undefined;
  projects: Project[];
  live: LiveState;
  openPalette: () => void;
}) {
  const [drawer, setDrawer] = useState(false);
  return (
    <header className="z-20 flex h-12 shrink-0 items-center gap-1.5 border-b bg-ground px-2 md:gap-2 md:px-4">
      <IconButton label="Menu" className="md:hidden" onClick={() => setDrawer(true)}>
        <MenuIcon />
      </IconButton>
      <Sheet
        open={drawer}
        onOpenChange={setDrawer}
        title={
          <span className="flex items-center gap-2">
            <Logo /> Yardarm
          </span>
        }
        className="right-auto left-0 max-w-64 border-r border-l-0"
      >
        <nav aria-label="Console" className="-mx-3">
          <NavigationLinks project={project?.key} onGo={() => setDrawer(false)} />
        </nav>
      </Sheet>
      <ProjectSwitcher
        project={project}
        projects={projects}
        canCreate={session?.role === "owner" || session?.role === "admin"}
      />
      <button
        type="button"
        onClick={() => openPalette()}
        className="mr-auto ml-auto flex h-8 w-full min-w-8 max-w-md items-center gap-2 rounded-md border border-edge/60 bg-sunken px-2.5 text-ink-3 text-sm hover:border-edge max-md:mr-0 max-md:w-auto max-md:border-transparent max-md:bg-transparent pointer-coarse:h-10"
      >
        <Search aria-hidden className="size-4 shrink-0" />
        <span className="max-md:sr-only">Search or act…</span>
        <span className="ml-auto flex gap-1 max-md:hidden">
          <Kbd>Ctrl</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      {project ? <LiveDot state={live} /> : null}
      <ThemeMenu />
      {session ? <AccountMenu session={session} /> : null}
    </header>
  );
}

function ProjectSwitcher({
  project,
  projects,
  canCreate,
}: {
  project: Project | undefined;
  projects: Project[];
  canCreate: boolean;
}) {
  const router = useRouter();
  const [creating, setCreating] = useState(false);
  if (!project && projects.length === 0) return <span className="w-24" />;
  return (
    <>
      <Menu>
        <MenuTrigger asChild>
          <Button
            variant="ghost"
            aria-label={`Project ${project?.name ?? "none"}, switch`}
            className="min-w-0 shrink px-2 text-ink"
          >
            <span className="truncate font-semibold">{project?.name ?? "Choose a project"}</span>
            <ChevronsUpDown className="text-ink-3" />
          </Button>
        </MenuTrigger>
        <MenuContent align="start">
          <MenuLabel>Projects</MenuLabel>
          {projects.map((each) => (
            <MenuChoice
              key={each.key}
              checked={each.key === project?.key}
              onSelect={() => router.push(href("/flags", { p: each.key }))}
            >
              <span className="block truncate">{each.name}</span>
              <span className="block font-mono text-ink-3 text-xs">{each.key}</span>
            </MenuChoice>
          ))}
          {canCreate ? (
            <>
              <MenuSeparator />
              <MenuItem onSelect={() => setCreating(true)}>
                <Plus /> New project
              </MenuItem>
            </>
          ) : null}
        </MenuContent>
      </Menu>
      {creating ? <CreateProjectDialog onClose={() => setCreating(false)} /> : null}
    </>
  );
}

const THEMES = [
  { theme: "light", name: "Light", icon: Sun },
  { theme: "dark", name: "Dark", icon: Moon },
  { theme: "system", name: "As the system", icon: Monitor },
] as const;

function ThemeMenu() {
  const [theme, set] = useState<Theme>("system");
  useEffect(() => set(savedTheme()), []);
  const Icon = THEMES.find((each) => each.theme === theme)?.icon ?? Monitor;
  return (
    <Menu>
      <MenuTrigger asChild>
        <IconButton label="Theme" className="max-sm:hidden">
          <Icon />
        </IconButton>
      </MenuTrigger>
      <MenuContent align="end">
        {THEMES.map((each) => (
          <MenuChoice
            key={each.theme}
            checked={theme === each.theme}
            onSelect={() => {
              set(each.theme);
              setTheme(each.theme);
            }}
          >
            <span className="flex items-center gap-2">
              <each.icon /> {each.name}
            </span>
          </MenuChoice>
        ))}
      </MenuContent>
    </Menu>
  );
}

function AccountMenu({ session }: { session: Session }) {
  const router = useRouter();
  const client = useQueryClient();
  const leave = async () => {
    try {
      const { data } = await signOut();
      client.clear();
      // Who came by an identity provider signs out of that one, too.
      if (data) window.location.assign(data.location);
      else router.replace("/sign-in");
    } catch (error) {
      toast.error(problemText(error));
    }
  };
  const open = async (tenant: string) => {
    try {
      await openTenant(tenant);
      client.clear();
      window.location.assign("/");
    } catch (error) {
      toast.error(problemText(error));
    }
  };
  const initials = session.user.name
    .split(/\s+/)
    .map((part) => part[0] ?? "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
  return (
    <Menu>
      <MenuTrigger
        aria-label={`${initials}, account of ${session.user.name}`}
        className="flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-tint font-semibold text-accent text-xs hover:opacity-80 pointer-coarse:size-10"
      >
        {initials || "?"}
      </MenuTrigger>
      <MenuContent align="end" className="w-60">
        <div className="px-2 py-1.5">
          <div className="truncate font-medium">{session.user.name}</div>
          <div className="truncate text-ink-3 text-xs">{session.user.email}</div>
          <div className="mt-1 text-ink-3 text-xs">
            {session.roles.join(", ") || "member"} of {session.tenant.name}
          </div>
        </div>
        {session.tenants.length > 1 ? (
          <>
            <MenuSeparator />
            <MenuLabel>Tenants</MenuLabel>
            {session.tenants.map((tenant) => (
              <MenuChoice
                key={tenant.id}
                checked={tenant.id === session.tenant.id}
                onSelect={() => void open(tenant.key)}
              >
                {tenant.name}
              </MenuChoice>
            ))}
          </>
        ) : null}
        <MenuSeparator />
        <div className="sm:hidden">
          {THEMES.map((each) => (
            <MenuItem key={each.theme} onSelect={() => setTheme(each.theme)}>
              <each.icon /> {each.name}
            </MenuItem>
          ))}
          <MenuSeparator />
        </div>
        <MenuItem onSelect={() => router.push("/account")}>
          <ShieldCheck /> Security
        </MenuItem>
        <MenuItem onSelect={() => void leave()}>
          <LogOut /> Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
