"use client";
import { ActivityList } from "@/components/activity-list";
import type { Flag } from "@/lib/api/types";

export function ActivityTab({ flag }: { flag: Flag }) {
  return (
    <div className="max-w-4xl">
      <ActivityList filter={{ flag: flag.key }} empty="Nothing has changed yet" />
    </div>
  );
}
