"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Toaster } from "sonner";
import { newQueryClient } from "@/lib/queries/client";
import { TooltipProvider } from "./ui/tooltip";

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={400}>{children}</TooltipProvider>
      <Toaster
        position="bottom-right"
        duration={10_000}
        closeButton
        toastOptions={{
          unstyled: false,
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
