"use client";
import dynamic from "next/dynamic";

/** The review of a change. Most visits review nothing, so its code comes when it is wanted. */
export const ReviewSheet = dynamic(() => import("./review-sheet").then((m) => m.ReviewSheet), { ssr: false });
