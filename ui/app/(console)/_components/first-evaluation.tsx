"use client";
import { useQuery as useServer } from "@tanstack/react-query";
import { Flag, Plus } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useConsole } from "@/components/console-context";
import { EmptyState, ErrorState } from "@/components/states";
import { useFlagSwitch } from "@/components/switch-flag";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/copy-button";
import { Input, Select } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/skeleton";
import { evaluate, useFlags } from "@/lib/queries/flags";
import { snippets } from "@/lib/snippets";
import { href } from "@/lib/url";

/** A flag that this server has just evaluated, for anybody you like: turn it off and watch. */
export function FirstEvaluation() {
  const { project, environments, can, openCreateFlag } = useConsole();
  const flags = useFlags(project.key);
  const { ask, review } = useFlagSwitch();
  const [user, setUser] = useState("demo");
  const [environmentKey, setEnvironmentKey] = useState("");
  const environment =
    environments.find((each) => each.key === environmentKey) ??
    environments.find((each) => !each.production) ??
    environments[0];
  const active = (flags.data?.items ?? []).filter((flag) => !flag.archived);
  // The seeded greeting if it is there, else a boolean flag that is on.
  const flag =
    active.find((each) => each.key.startsWith("hello")) ??
    active.find((each) => each.type === "boolean" && environment && each.environments[environment.key]?.on) ??
    active[0];
  const served = environment && flag?.environments[environment.key];
  const answer = useServer({
    queryKey: ["evaluation", project.key, environment?.key, flag?.key, user, served?.revision, served?.on],
    queryFn: async () => {
      const started = performance.now();
      const [item] = await evaluate(project.key, environment?.key ?? "", {
        context: { targetingKey: user },
        flag: flag?.key,
      });
      return { item, ms: performance.now() - started };
    },
    enabled: Boolean(flag && environment && user),
    placeholderData: (previous) => previous,
  });

  if (flags.error) return <ErrorState error={flags.error} what="the flags" retry={() => void flags.refetch()} />;
  if (!flags.data) return <Skeleton className="h-36" />;
  if (!flag || !environment) {
    return (
      <Card>
        <EmptyState
          icon={<Flag />}
          title={`${project.name} has no flags yet`}
          action={
            can("editor") ? (
              <Button variant="primary" onClick={() => openCreateFlag()}>
                <Plus /> Create the first flag
              </Button>
            ) : null
          }
        >
          Name it, press Enter, and it is there: off everywhere until you say otherwise.
        </EmptyState>
      </Card>
    );
  }
  const on = served?.on ?? false;
  return (
    <Card>
      <p className="text-lg leading-8">
        <Link
          href={href("/flag", { p: project.key, key: flag.key, env: environment.key })}
          prefetch={false}
          className="font-mono text-base text-accent hover:underline"
        >
          {flag.key}
        </Link>{" "}
        is <b className="font-semibold">{on ? "on" : "off"}</b> in{" "}
        <Select
          aria-label="Environment"
          className="h-7"
          value={environment.key}
          onChange={(event) => setEnvironmentKey(event.target.value)}
        >
          {environments.map((each) => (
            <option key={each.key} value={each.key}>
              {each.name}
            </option>
          ))}
        </Select>
        . This server evaluated it for user{" "}
        <Input
          aria-label="User key"
          className="inline-block h-7 w-28 font-mono text-xs"
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
        :{" "}
        <output
          aria-live="polite"
          className="inline-block max-w-full truncate rounded-md bg-ok-tint px-2 align-bottom font-mono text-base text-ok"
        >
          {answer.error ? "no answer" : JSON.stringify(answer.data?.item?.value ?? null)}
        </output>
      </p>
      <p className="mt-1 text-ink-3 text-xs">
        {answer.data?.item
          ? `Because: ${answer.data.item.reason.toLowerCase().replaceAll("_", " ")}. The whole round trip from this page took ${answer.data.ms.toFixed(0)} ms.`
          : " "}
      </p>
      {can("editor") ? (
        <Button className="mt-3" onClick={() => ask({ flag, environment, on: !on })}>
          {on ? "Turn it off and watch" : "Turn it on and watch"}
        </Button>
      ) : null}
      <details className="mt-3">
        <summary className="w-fit rounded-sm text-accent text-sm">Ask from your own code</summary>
        <div className="mt-2 flex flex-col gap-2">
          <CodeBlock
            label="curl example"
            code={snippets(window.location.origin, "yd_srv_…", "server", flag.key)[0]?.code ?? ""}
          />
          <p className="text-ink-2 text-xs">
            The key comes from{" "}
            <Link href={href("/keys", { p: project.key })} prefetch={false} className="text-accent underline">
              SDK keys
            </Link>
            , with snippets for Node, Python and the browser.
          </p>
        </div>
      </details>
      {review}
    </Card>
  );
}
