"use client";
import { useMutation } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { FormError } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Textarea } from "@/components/ui/field";
import type { Environment, Evaluation, Flag, Json, Step } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { evaluate } from "@/lib/queries/flags";

const KEY = "yardarm:context";
const EXAMPLE = '{\n  "targetingKey": "user-1",\n  "country": "DE"\n}';

/** Asks the server's own evaluator about one context, with the reasons. */
export function WhoGetsWhat({ flag, environment }: { flag: Flag; environment: Environment }) {
  const { project } = useConsole();
  const [text, setText] = useState(() => localStorage.getItem(KEY) ?? EXAMPLE);
  const ask = useMutation({
    mutationFn: async (): Promise<Evaluation> => {
      let context: Json;
      try {
        context = JSON.parse(text) as Json;
      } catch (error) {
        throw new Error(`This is not JSON: ${error instanceof Error ? error.message : "check it"}`);
      }
      const [answer] = await evaluate(project.key, environment.key, { context, flag: flag.key, explain: true });
      if (!answer) throw new Error("The server gave no answer for this flag.");
      return answer;
    },
  });
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    localStorage.setItem(KEY, text);
    ask.mutate();
  };
  const answer = ask.data;
  return (
    <Card title="Who gets what?">
      <form onSubmit={submit} className="flex flex-col gap-2">
        <Textarea
          aria-label="Context as JSON"
          rows={5}
          spellCheck={false}
          className="font-mono text-xs leading-relaxed"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" disabled={ask.isPending}>
          <Play /> Evaluate in {environment.name}
        </Button>
        <FormError error={ask.error} />
      </form>
      <div aria-live="polite">
        {answer ? (
          <div className="mt-3 flex flex-col gap-2 border-t pt-3">
            <p className="flex flex-wrap items-center gap-2 text-sm">
              <Badge tone={answer.error ? "bad" : "ok"}>{answer.error ?? answer.variant ?? "code default"}</Badge>
              <code className="min-w-0 break-all font-mono text-xs">{JSON.stringify(answer.value ?? null)}</code>
            </p>
            <p className="text-ink-2 text-xs">
              {answer.reason.toLowerCase().replaceAll("_", " ")}
              {answer.rule ? `, by rule ${answer.rule}` : ""}
            </p>
            {answer.explanation?.steps?.length ? <Steps steps={answer.explanation.steps} /> : null}
          </div>
        ) : null}
      </div>
    </Card>
  );
}

const MARK = { true: "✓", false: "✗", unknown: "?" } as const;

function Steps({ steps }: { steps: Step[] }) {
  return (
    <ol className="flex flex-col gap-1 border-l pl-2.5">
      {steps.map((step, i) => (
        <li key={i} className="text-xs">
          <span className="flex gap-1.5">
            {step.result ? (
              <span
                className={cn(
                  "shrink-0",
                  step.result === "true" ? "text-ok" : step.result === "false" ? "text-ink-3" : "text-warn",
                )}
              >
                <span aria-hidden>{MARK[step.result]}</span>
                <span className="sr-only">{step.result}: </span>
              </span>
            ) : null}
            <span className="min-w-0 break-words text-ink-2">{step.text}</span>
          </span>
          {step.steps?.length ? <Steps steps={step.steps} /> : null}
        </li>
      ))}
    </ol>
  );
}
