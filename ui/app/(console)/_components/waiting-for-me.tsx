"use client";
import Link from "next/link";
import { useConsole } from "@/components/console-context";
import { ChangeRow } from "@/components/control/change-row";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { useWaitingForMe } from "@/lib/queries/change-requests";
import { href } from "@/lib/url";

/** What others ask of the reader; nothing at all when nobody does. */
export function WaitingForMe() {
  const { project } = useConsole();
  const waiting = useWaitingForMe(project.key).data;
  if (!waiting?.items.length) return null;
  return (
    <Card
      flush
      title={
        <>
          Waiting for you <Badge tone="warn">{waiting.total ?? waiting.items.length}</Badge>
        </>
      }
      action={
        <Link
          href={href("/changes", { p: project.key })}
          prefetch={false}
          className="text-accent text-xs hover:underline"
        >
          Changes
        </Link>
      }
    >
      <ul className="divide-y">
        {waiting.items.map((item) => (
          <ChangeRow key={item.id} item={item} />
        ))}
      </ul>
    </Card>
  );
}
