"use client";
import dynamic from "next/dynamic";
import { useState } from "react";
import type { Environment, FlagItem } from "@/lib/api/types";
import { useSaveConfiguration } from "@/lib/queries/flags";
import { failed, saved } from "@/lib/undo";
import { useConsole } from "./console-context";

const SwitchReview = dynamic(() => import("./switch-review").then((m) => m.SwitchReview), { ssr: false });

export type SwitchWish = { flag: Pick<FlagItem, "key" | "variants">; environment: Environment; on: boolean };

/** Turns a flag on or off: at once with an undo where nobody is hurt, through a review in production. */
export function useFlagSwitch() {
  const { project } = useConsole();
  const save = useSaveConfiguration(project.key);
  const [wish, setWish] = useState<SwitchWish | null>(null);

  const ask = (next: SwitchWish) => {
    if (next.environment.production) setWish(next);
    else {
      const { flag, environment, on } = next;
      save.mutate(
        { flag: flag.key, environment: environment.key, patch: { on } },
        {
          onSuccess: ({ rev }) => saved(`${flag.key} is ${on ? "on" : "off"} in ${environment.name}`, project.key, rev),
          onError: (error) => failed(error, `${flag.key} in ${environment.name} stays as it was. `),
        },
      );
    }
  };
  return { ask, review: wish ? <SwitchReview wish={wish} onClose={() => setWish(null)} /> : null };
}
