import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({});

/** Class names; a later one wins over an earlier one of the same kind. */
export const cn = (...inputs: ClassValue[]): string => merge(clsx(inputs));
