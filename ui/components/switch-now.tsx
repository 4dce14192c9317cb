"use client";
import { useEffect, useRef } from "react";
import type { Environment, FlagItem } from "@/lib/api/types";
import { useSaveConfiguration } from "@/lib/queries/flags";
import { failed, saved } from "@/lib/undo";
import { useConsole } from "./console-context";
import { SwitchReview } from "./switch-review";

/** The palette's act. Killing is the safe direction and its verb was typed, so it happens at once; turning on in production is reviewed. */
export function SwitchNow({
  flag,
  environment,
  on,
  onClose,
}: {
  flag: FlagItem;
  environment: Environment;
  on: boolean;
  onClose: () => void;
}) {
  const { project } = useConsole();
  const save = useSaveConfiguration(project.key);
  const done = useRef(false);
  const review = on && environment.production;
  useEffect(() => {
    if (review || done.current) return;
    done.current = true;
    const act = async () => {
      try {
        const { rev } = await save.mutateAsync({ flag: flag.key, environment: environment.key, patch: { on } });
        saved(`${flag.key} is ${on ? "on" : "off"} in ${environment.name}`, project.key, rev);
      } catch (error) {
        failed(error, `${flag.key} in ${environment.name} stays as it was. `);
      }
      onClose();
    };
    void act();
  }, [review, save, flag.key, environment, on, project.key, onClose]);
  return review ? <SwitchReview wish={{ flag, environment, on }} onClose={onClose} /> : null;
}
