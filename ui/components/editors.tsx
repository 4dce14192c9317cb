"use client";
import dynamic from "next/dynamic";

/** Rules are read far more often than edited: the code of their editors comes when it is wanted. */
export const ConditionEditor = dynamic(() => import("./condition-editor").then((m) => m.ConditionEditor), {
  ssr: false,
});
export const ServeEditor = dynamic(() => import("./serve-editor").then((m) => m.ServeEditor), { ssr: false });
