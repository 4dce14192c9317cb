"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Toaster } from "sonner";
import { useWide } from "@/lib/media";
import { newQueryClient } from "@/lib/queries/client";
import { TooltipProvider } from "./ui/tooltip";

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  // Above on a phone; globals.css lifts them over the buttons of a review and of a draft bar.
  const wide = useWide(768);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={400}>{children}</TooltipProvider>
      <Toaster
        position={wide ? "bottom-right" : "top-center"}
        duration={10_000}
        closeButton
        toastOptions={{
          classNames: { description: "text-ink-2!" },
          style: {
            background: "var(--raised)",
            color: "var(--ink)",
            border: "1px solid var(--line)",
            boxShadow: "var(--shadow)",
            fontFamily: "var(--font-inter)",
          },
          actionButtonStyle: { background: "var(--accent)", color: "var(--on-accent)" },
        }}
      />
    </QueryClientProvider>
  );
}
