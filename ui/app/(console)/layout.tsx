"use client";
import { type ReactNode, Suspense } from "react";
import { Shell } from "@/components/shell/shell";

export default function ConsoleLayout({ children }: { children: ReactNode }) {
  // The shell reads the query, which a static export only knows in the browser.
  return (
    <Suspense>
      <Shell>{children}</Shell>
    </Suspense>
  );
}
