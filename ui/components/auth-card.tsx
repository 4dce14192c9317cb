import type { ReactNode } from "react";
import { Logo } from "./marks";

/** The one card of the pages before the console. */
export function AuthCard({ title, children, hint }: { title: string; children: ReactNode; hint?: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center bg-sunken px-4 pt-[14vh] pb-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5 font-semibold text-xl">
          <Logo className="size-8" /> Yardarm
        </div>
        <div className="rounded-lg border bg-raised p-6 shadow-float">
          <h1 className="mb-4 font-semibold text-lg">{title}</h1>
          {children}
        </div>
        {hint ? <p className="mt-4 text-center text-ink-2 text-xs">{hint}</p> : null}
      </div>
    </main>
  );
}
