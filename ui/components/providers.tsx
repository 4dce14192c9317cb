"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type ReactNode, useEffect, useState } from "react";
import { newQueryClient } from "@/lib/queries/client";
import { onWanted } from "@/lib/toast";
import { TooltipProvider } from "./ui/tooltip";

const Toaster = dynamic(() => import("./toaster").then((m) => m.Toaster), { ssr: false });

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  const [notices, setNotices] = useState(false);
  useEffect(() => onWanted(() => setNotices(true)), []);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={400}>{children}</TooltipProvider>
      {notices ? <Toaster /> : null}
    </QueryClientProvider>
  );
}
