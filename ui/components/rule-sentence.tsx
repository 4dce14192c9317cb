import type { Condition, Rule, Serve } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { conditionTokens, isEveryone, serveTokens, type Token } from "@/lib/sentence";

const STYLE: Record<Token["kind"], string> = {
  word: "text-ink-2",
  attribute: "font-mono text-xs text-ink",
  value: "rounded-sm bg-accent-tint px-1.5 font-mono text-xs text-ink",
  exact: "text-ink",
  segment: "rounded-sm border border-edge/60 px-1.5 font-mono text-xs text-ink",
  variant: "rounded-sm bg-ok-tint px-1.5 font-medium text-ok text-xs",
  percent: "rounded-sm bg-warn-tint px-1.5 font-medium text-warn text-xs",
};

/** Green is for what is on. */
const OFF = "rounded-sm bg-off-tint px-1.5 font-medium text-off text-xs";

function Tokens({ tokens }: { tokens: Token[] }) {
  return tokens.map((token, i) => (
    <span key={i}>
      <span className={cn("break-words", token.kind === "variant" && token.text === "off" ? OFF : STYLE[token.kind])}>
        {token.text}
      </span>
      {tokens[i + 1]?.text.startsWith(",") ? null : " "}
    </span>
  ));
}

export function ConditionSentence({ condition }: { condition: Condition }) {
  return (
    <span data-slot="condition-sentence">
      <Tokens tokens={conditionTokens(condition)} />
    </span>
  );
}

export function ServeSentence({
  serve,
  asDefault,
  offVariant,
}: {
  serve: Serve;
  asDefault?: boolean;
  offVariant?: string;
}) {
  return (
    <span data-slot="serve-sentence">
      <Tokens tokens={serveTokens(serve, asDefault, offVariant)} />
    </span>
  );
}

/** "If country is one of DE AT → serve on to 10 % of users". */
export function RuleSentence({ rule }: { rule: Rule }) {
  return (
    <span data-slot="rule-sentence" className="leading-7">
      {isEveryone(rule.if) ? (
        <span className="text-ink-2">Everyone: </span>
      ) : (
        <>
          <span className="font-medium text-ink-2">If </span>
          <ConditionSentence condition={rule.if} />
        </>
      )}
      <span aria-hidden className="text-ink-3">
        →{" "}
      </span>
      <ServeSentence serve={rule.serve} />
    </span>
  );
}
