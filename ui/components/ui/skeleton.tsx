import { cn } from "@/lib/cn";

/** Stands where something will be; shows only after 200 ms. */
export function Skeleton({ className }: { className?: string }) {
  return <div data-slot="skeleton" aria-hidden className={cn("skeleton h-4", className)} />;
}

export function SkeletonRows({ count = 6, label }: { count?: number; label: string }) {
  return (
    <div role="status" aria-busy aria-label={label} className="flex flex-col gap-3 p-4">
      {Array.from({ length: count }, (_, i) => (
        <Skeleton key={i} className={i % 3 === 1 ? "w-3/5" : i % 3 === 2 ? "w-2/5" : "w-4/5"} />
      ))}
    </div>
  );
}
