"use client";
import { useQueryClient } from "@tanstack/react-query";
import { FolderPlus, ShieldAlert } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { ApiProblem } from "@/lib/api/client";
import type { ChangeRequestItem } from "@/lib/api/control";
import { setDesk } from "@/lib/api/way";
import { flagsQuery } from "@/lib/queries/flags";
import { useLive } from "@/lib/queries/live";
import { useEnvironments, useProjects } from "@/lib/queries/projects";
import { atLeast, useSession } from "@/lib/queries/session";
import { toast } from "@/lib/toast";
import { href, useQuery } from "@/lib/url";
import { type Console, ConsoleProvider } from "../console-context";
import type { Question } from "../control/held-sheet";
import { EmptyState, ErrorState } from "../states";
import { Button } from "../ui/button";
import { SkeletonRows } from "../ui/skeleton";
import { Rail } from "./rail";
import { Shortcuts } from "./shortcuts";
import { TopBar } from "./top-bar";

const loadPalette = () => import("../command-palette");
const CommandPalette = dynamic(() => loadPalette().then((m) => m.CommandPalette), { ssr: false });
const HeldSheet = dynamic(() => import("../control/held-sheet").then((m) => m.HeldSheet), { ssr: false });
const CreateProject = dynamic(() => import("../create-project").then((m) => m.CreateProject), { ssr: false });
const CreateFlag = dynamic(() => import("../create-flag").then((m) => m.CreateFlag), { ssr: false });

const LAST_PROJECT = "yardarm:project";
const SHORTCUTS = "yardarm:shortcuts";

/** What a new change request waits for. */
const askedText = ({ title, state, schedule }: ChangeRequestItem) =>
  `“${title}” ${schedule ? "is scheduled" : state === "approved" ? "can be applied" : "waits for approval"}`;

/** Proves who is there and which project is open, then shows the rail, the bar and the page. */
export function Shell({ children }: { children: ReactNode }) {
  const router = useRouter();
  const pathname = usePathname();
  const query = useQuery();
  const session = useSession();
  // Asked for together with the session, not after it: whoever is not signed in gets three refusals instead of one.
  const projects = useProjects();
  const [palette, setPalette] = useState<string | null>(null);
  const [creating, setCreating] = useState<string | null>(null);
  const [held, setHeld] = useState<Question | null>(null);
  const [shortcuts, setShortcuts] = useState(true);
  useEffect(() => setShortcuts(localStorage.getItem(SHORTCUTS) !== "off"), []);

  // The palette is wanted at once when it is wanted: its code comes while nothing else does.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 600);
    return () => clearTimeout(timer);
  }, []);

  const unauthorised = session.error instanceof ApiProblem && session.error.status === 401;
  useEffect(() => {
    if (!unauthorised) return;
    const here = window.location.pathname + window.location.search;
    router.replace(href("/sign-in", { next: here === "/" ? "" : here }));
  }, [unauthorised, router]);

  const wanted = query.read("p");
  const project = useMemo(() => {
    const all = projects.data?.items ?? [];
    const last = typeof window === "undefined" ? null : localStorage.getItem(LAST_PROJECT);
    return wanted ? all.find((p) => p.key === wanted) : (all.find((p) => p.key === last) ?? all[0]);
  }, [projects.data, wanted]);
  useEffect(() => {
    if (project) localStorage.setItem(LAST_PROJECT, project.key);
  }, [project]);

  // The address names the project before the list of projects is there, and the page its flags.
  const environments = useEnvironments(project?.key ?? (projects.data ? undefined : wanted || undefined));
  const client = useQueryClient();
  useEffect(() => {
    if (wanted && pathname === "/flags") void client.prefetchQuery(flagsQuery(client, wanted));
  }, [client, wanted, pathname]);
  const live = useLive(project?.key);
  const here = project?.key;
  useEffect(() => {
    setDesk({
      ask: (change) => {
        // What was painted before the answer is not so.
        const painted = ["configuration", "flag", "flags"];
        void client.invalidateQueries({ predicate: ({ queryKey }) => painted.includes(String(queryKey[0])) });
        return new Promise((settle, fail) => setHeld({ ...change, settle, fail }));
      },
      tell: ({ request, added, message }) => {
        for (const list of ["change-requests", "waiting-for-me", "change-request"])
          void client.invalidateQueries({ queryKey: [list, here] });
        toast.success(added ? message : askedText(request), {
          description: `Nothing is changed until it is applied.${added && request.state === "draft" ? " It is a draft: nobody is asked yet." : ""}`,
          action: { label: "Open", onClick: () => router.push(href("/changes", { p: here, id: request.id })) },
        });
      },
    });
    return () => setDesk(null);
  }, [client, router, here]);
  const openPalette = useCallback((typed = "") => setPalette(typed), []);
  const openCreateFlag = useCallback((name = "") => setCreating(name), []);

  const value = useMemo<Console | null>(
    () =>
      session.data && project && environments.data
        ? {
            session: session.data,
            project,
            projects: projects.data?.items ?? [],
            environments: environments.data,
            can: (needed) => atLeast(session.data.role, needed),
            shortcuts,
            openCreateFlag,
            openPalette,
          }
        : null,
    [session.data, project, projects.data, environments.data, shortcuts, openCreateFlag, openPalette],
  );

  const signedIn = session.data !== undefined;
  // What was asked for too early fails for the reason that the question before it tells.
  const error = session.error ?? (signedIn ? (projects.error ?? (projects.data ? environments.error : null)) : null);
  const retry = () => Promise.all([session.refetch(), projects.refetch()]);
  let body: ReactNode;
  // One's own account is open to whoever is signed in, and is where a demand of the tenant is met.
  if (signedIn && pathname.replace(/\/$/, "") === "/account") body = children;
  else if (session.data?.unmet === "second_factor") {
    body = (
      <EmptyState
        heading="h1"
        icon={<ShieldAlert />}
        title={`${session.data.tenant.name} asks for a second factor`}
        action={
          <Button asChild variant="primary">
            <Link href="/account">Add one</Link>
          </Button>
        }
      >
        An authenticator app or a passkey. If you have one, sign out and sign in with it.
      </EmptyState>
    );
  } else if (error) body = <ErrorState heading="h1" error={error} what="the console" retry={() => void retry()} />;
  else if (signedIn && projects.data?.items.length === 0) {
    body = (
      <EmptyState heading="h1" icon={<FolderPlus />} title="Make the first project" action={<CreateProject />}>
        A project holds flags and segments for one product, with its environments development, staging and production.
      </EmptyState>
    );
  } else if (signedIn && projects.data && !project) {
    body = <ErrorState heading="h1" error={new ApiProblem(404, {})} what="this project" />;
  } else if (!value) body = <SkeletonRows label="Loading" count={9} />;
  else body = children;

  if (unauthorised) return null;
  const shell = (
    <div className="flex h-dvh">
      <a
        href="#main"
        className="-top-20 fixed left-3 z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:top-3"
        onClick={(event) => {
          event.preventDefault();
          const target = document.querySelector<HTMLElement>("[data-skip-target]") ?? document.getElementById("main");
          target?.focus();
        }}
      >
        Skip to content
      </a>
      <Rail project={project?.key} />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar
          session={session.data}
          project={project}
          projects={projects.data?.items ?? []}
          live={live}
          openPalette={openPalette}
        />
        <main
          id="main"
          key={`${pathname} ${project?.key}`}
          tabIndex={-1}
          className="flex min-h-0 min-w-0 flex-1 scroll-py-20 flex-col overflow-y-auto outline-none"
        >
          {body}
        </main>
      </div>
    </div>
  );
  if (!value) return shell;
  return (
    <ConsoleProvider value={value}>
      {shell}
      <Shortcuts
        enabled={shortcuts}
        setEnabled={(on) => {
          setShortcuts(on);
          localStorage.setItem(SHORTCUTS, on ? "on" : "off");
        }}
      />
      {palette !== null ? <CommandPalette typed={palette} onClose={() => setPalette(null)} /> : null}
      {held ? <HeldSheet question={held} onClose={() => setHeld(null)} /> : null}
      {creating !== null ? <CreateFlag name={creating} onClose={() => setCreating(null)} /> : null}
    </ConsoleProvider>
  );
}
