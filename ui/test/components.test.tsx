// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { useState } from "react";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ConditionEditor } from "../components/condition-editor";
import { ReviewSheet } from "../components/review-sheet";
import { RuleSentence } from "../components/rule-sentence";
import { ServeEditor } from "../components/serve-editor";
import { ChipsField } from "../components/ui/chips-field";
import { Switch } from "../components/ui/switch";
import { TooltipProvider } from "../components/ui/tooltip";
import type { Condition, Serve } from "../lib/api/types";

beforeAll(() => {
  // What jsdom lacks and Radix asks for.
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  Element.prototype.scrollIntoView ??= () => {};
  Element.prototype.hasPointerCapture ??= () => false;
});
afterEach(cleanup);

/** Violations of WCAG A and AA; colours are measured by contrast.test.ts. */
async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  return result.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`);
}

const variants = [
  { key: "on", value: true },
  { key: "off", value: false },
];

function Condition_({ start, seen }: { start: Condition; seen: (condition: Condition) => void }) {
  const [condition, setCondition] = useState(start);
  return (
    <TooltipProvider>
      <ConditionEditor
        condition={condition}
        attributes={["user.country"]}
        segments={[]}
        onChange={(next) => {
          setCondition(next);
          seen(next);
        }}
      />
    </TooltipProvider>
  );
}

function Serve_({ start, seen }: { start: Serve; seen: (serve: Serve) => void }) {
  const [serve, setServe] = useState(start);
  return (
    <TooltipProvider>
      <ServeEditor
        label="Rule 1"
        serve={serve}
        variants={variants}
        offVariant="off"
        onChange={(next) => {
          setServe(next);
          seen(next);
        }}
      />
    </TooltipProvider>
  );
}

describe("editing a rule", () => {
  test("an attribute that nobody has used and pasted values", async () => {
    const user = userEvent.setup();
    const seen = vi.fn();
    render(<Condition_ start={{ attribute: "", operator: "in", values: [] }} seen={seen} />);
    const attribute = screen.getByRole("combobox", { name: "Attribute" });
    await user.click(attribute);
    await user.keyboard("shop.region{Enter}");
    await user.click(screen.getByRole("textbox", { name: "Values of shop.region" }));
    await user.paste("DE, AT\nCH");
    expect(seen).toHaveBeenLastCalledWith({ attribute: "shop.region", operator: "in", values: ["DE", "AT", "CH"] });
    expect(await violations()).toEqual([]);
  });
  test("a second condition joined by or", async () => {
    const user = userEvent.setup();
    const seen = vi.fn();
    render(<Condition_ start={{ attribute: "a", operator: "present" }} seen={seen} />);
    await user.click(screen.getByRole("button", { name: "Condition" }));
    await user.selectOptions(screen.getByRole("combobox", { name: "Joined by" }), "or");
    expect(seen).toHaveBeenLastCalledWith({
      any: [
        { attribute: "a", operator: "present" },
        { attribute: "", operator: "in", values: [] },
      ],
    });
  });
  test("a percentage, then a split", async () => {
    const user = userEvent.setup();
    const seen = vi.fn();
    render(<Serve_ start={{ variant: "on" }} seen={seen} />);
    await user.selectOptions(screen.getByRole("combobox", { name: "Rule 1: how" }), "a percentage");
    expect(seen).toHaveBeenLastCalledWith({ rollout: { variant: "on", percent: 10, bucket_by: "user.key" } });
    expect(await violations()).toEqual([]);
    await user.selectOptions(screen.getByRole("combobox", { name: "Rule 1: how" }), "a split");
    expect(seen).toHaveBeenLastCalledWith({
      split: {
        bucket_by: "user.key",
        shares: [
          { variant: "on", percent: 50 },
          { variant: "off", percent: 50 },
        ],
      },
    });
    expect(screen.getByText("Adds up to 100 %.")).toBeTruthy();
    expect(await violations()).toEqual([]);
  });
  test("it reads as a sentence", () => {
    const { container } = render(
      <RuleSentence
        rule={{
          id: "r",
          if: { attribute: "user.country", operator: "in", values: ["DE", "AT"] },
          serve: { rollout: { variant: "on", percent: 10 } },
        }}
      />,
    );
    expect(container.textContent?.replaceAll(/\s+/g, " ").trim()).toBe(
      "If country is one of DE AT → serve on to 10 % of users",
    );
  });
});

test("chips: Backspace takes the last one back", async () => {
  const user = userEvent.setup();
  const seen = vi.fn();
  render(<ChipsField label="Tags" values={["a", "b"]} read={(typed) => typed} show={(tag) => tag} onChange={seen} />);
  await user.click(screen.getByRole("textbox", { name: "Tags" }));
  await user.keyboard("{Backspace}");
  expect(seen).toHaveBeenLastCalledWith(["a"]);
});

test("a switch says what it is and its state", async () => {
  render(<Switch label="new-checkout in production, on" checked />);
  expect(screen.getByRole("switch", { name: "new-checkout in production, on" }).getAttribute("aria-checked")).toBe(
    "true",
  );
});

describe("the review", () => {
  const review = (onConfirm: () => Promise<void>, onClose = vi.fn()) =>
    render(
      <TooltipProvider>
        <ReviewSheet
          title="Turn on new-checkout"
          changes={[{ subject: "Flag", before: "off", after: "on" }]}
          before={{ on: false }}
          after={{ on: true }}
          confirm="Turn on in Production"
          onConfirm={onConfirm}
          onClose={onClose}
        />
      </TooltipProvider>,
    );
  test("Enter does what its button says", async () => {
    const user = userEvent.setup();
    const confirm = vi.fn(async () => {});
    const close = vi.fn();
    review(confirm, close);
    expect(document.activeElement?.textContent).toBe("Turn on in Production");
    expect(await violations()).toEqual([]);
    await user.keyboard("{Enter}");
    expect(confirm).toHaveBeenCalledOnce();
    expect(close).toHaveBeenCalledOnce();
  });
  test("a refusal stays on the screen with the input", async () => {
    const user = userEvent.setup();
    const close = vi.fn();
    review(async () => {
      throw new Error("rule 1 names a segment that is gone");
    }, close);
    await user.type(screen.getByRole("textbox", { name: /Reason/ }), "because");
    await user.click(screen.getByRole("button", { name: "Turn on in Production" }));
    expect((await screen.findByRole("alert")).textContent).toContain("segment that is gone");
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: /Reason/ }).value).toBe("because");
    expect(close).not.toHaveBeenCalled();
  });
});
