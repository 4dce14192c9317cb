"use client";
import { createContext, useContext } from "react";
import type { Environment, Project, Role, Session } from "@/lib/api/types";

export type Console = {
  session: Session;
  project: Project;
  projects: Project[];
  environments: Environment[];
  can: (needed: Role) => boolean;
  /** Single-letter keys may be turned off (WCAG 2.1.4). */
  shortcuts: boolean;
  openCreateFlag: (name?: string) => void;
  openPalette: (typed?: string) => void;
};

const Context = createContext<Console | null>(null);
export const ConsoleProvider = Context.Provider;

export function useConsole(): Console {
  const value = useContext(Context);
  if (!value) throw new Error("useConsole outside of the console shell");
  return value;
}
