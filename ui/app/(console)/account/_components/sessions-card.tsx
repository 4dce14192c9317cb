"use client";
import { ErrorState } from "@/components/states";
import { SimpleTable } from "@/components/table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { OpenSession } from "@/lib/api/types";
import { useNow } from "@/lib/now";
import { useEndOtherSessions, useEndSession, useSessions } from "@/lib/queries/account";
import { ago, instant } from "@/lib/time";
import { toast } from "@/lib/toast";
import { problemText } from "@/lib/undo";

const METHODS: Record<OpenSession["method"], string> = {
  password: "password",
  link: "link",
  passkey: "passkey",
  sso: "single sign-on",
};

/** Where one is signed in. */
export function SessionsCard() {
  const sessions = useSessions();
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const now = useNow();
  const failed = (error: unknown) => toast.error(problemText(error));
  const several = (sessions.data?.items.length ?? 0) > 1;
  return (
    <Card
      flush
      title="Where you are signed in"
      action={
        several ? (
          <Button
            size="sm"
            variant="quietDanger"
            onClick={() => endOthers.mutate(undefined, { onError: failed })}
            disabled={endOthers.isPending}
          >
            Sign out everywhere else
          </Button>
        ) : null
      }
    >
      {sessions.error ? (
        <ErrorState error={sessions.error} what="your sessions" retry={() => void sessions.refetch()} />
      ) : !sessions.data ? (
        <SkeletonRows label="Loading sessions" count={2} />
      ) : (
        <SimpleTable
          label="Sessions"
          head={[
            "Browser",
            "Address",
            "Signed in",
            "By",
            <span key="actions" className="sr-only">
              Actions
            </span>,
          ]}
        >
          {sessions.data.items.map((session) => (
            <tr key={session.id}>
              <td className="max-w-64 truncate" title={session.user_agent}>
                {session.user_agent || "unknown"}
              </td>
              <td className="text-ink-2">{session.address || "unknown"}</td>
              <td className="whitespace-nowrap text-ink-2 text-xs" title={instant(session.created_at)}>
                {ago(session.created_at, now)}
              </td>
              <td className="text-ink-2 text-xs">
                {METHODS[session.method]}
                {session.second_factor && session.method !== "sso" ? " and a second factor" : ""}
              </td>
              <td className="text-right">
                {session.current ? (
                  <Badge>this one</Badge>
                ) : (
                  <Button
                    size="sm"
                    variant="quietDanger"
                    aria-label={`Sign out ${session.user_agent || "this browser"}`}
                    onClick={() => end.mutate(session.id, { onError: failed })}
                  >
                    Sign out
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </SimpleTable>
      )}
    </Card>
  );
}
