// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Console, ConsoleProvider } from "../components/console-context";
import { ReviewSheet } from "../components/review-sheet";
import { TooltipProvider } from "../components/ui/tooltip";
import { ApiProblem } from "../lib/api/client";
import type { Verdict, Violation } from "../lib/api/control";
import { Asked, type Reason } from "../lib/api/way";

beforeAll(() => {
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
afterEach(cleanup);

const verdict: Verdict = {
  environments: ["production"],
  approvals: [
    {
      policy: "production",
      name: "Production",
      environments: ["production"],
      required: 1,
      roles: [],
      groups: [],
      author_may_approve: false,
    },
  ],
  violations: [],
  notes: [],
};
const held = (said = verdict) => new ApiProblem(409, { code: "approval_required", detail: "held", verdict: said });

const request = (id: string, title: string, state: string, place: string, given: string[] = []) => ({
  id,
  title,
  state,
  author: { id: "usr_1", name: "Eda" },
  touches: [{ kind: "configuration", key: place }],
  schedule: null,
  needed: [{ given }],
  moved: [],
});

function review(
  onConfirm: (reason: Reason) => Promise<unknown>,
  permissions: string[],
  onClose = () => {},
  unfinished: unknown[] = [],
) {
  const value = { session: { permissions }, project: { key: "shop" } } as unknown as Console;
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(["change-requests", "shop", "unfinished"], { items: unfinished });
  render(
    <QueryClientProvider client={client}>
      <ConsoleProvider value={value}>
        <TooltipProvider>
          <ReviewSheet
            title="Turn on checkout"
            changes={[]}
            before={null}
            after={null}
            confirm="Turn on"
            onConfirm={onConfirm}
            onClose={onClose}
          />
        </TooltipProvider>
      </ConsoleProvider>
    </QueryClientProvider>,
  );
}

test("what the server holds is asked for from the same sheet, with the reason kept", async () => {
  const user = userEvent.setup();
  const closed = vi.fn();
  const sent: Reason[] = [];
  review(
    async (reason) => {
      sent.push(reason);
      if (sent.length === 1) throw held();
      throw new Asked({ id: "chr_1", title: "x" } as never, false);
    },
    ["schedule.manage"],
    closed,
  );
  await user.type(screen.getByLabelText(/^Reason/), "sale");
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  const title = await screen.findByLabelText("Title of the change request", {}, { timeout: 10_000 });
  screen.getByText(/Production wants 1 approval for production/);
  expect(screen.queryByText("Bypass in an emergency")).toBeNull();
  expect(closed).not.toHaveBeenCalled();
  const found = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(found.violations.map(({ id }) => id)).toEqual([]);
  await user.clear(title);
  const ask = screen.getByRole("button", { name: "Request approval" });
  await waitFor(() => expect(ask.getAttribute("aria-disabled")).toBe("true"));
  await user.click(ask);
  expect(sent).toHaveLength(1);
  await user.type(title, "For the sale");
  await user.click(ask);
  expect(sent).toEqual([
    { text: "sale", way: "straight" },
    { text: "sale", way: { title: "For the sale", schedule: undefined } },
  ]);
  expect(closed).toHaveBeenCalledOnce();
});

test("it can go into a change request that is there, of the same environment", async () => {
  const user = userEvent.setup();
  const sent: Reason[] = [];
  const unfinished = [
    request("chr_1", "Sale", "open", "production/banner", ["usr_2"]),
    request("chr_2", "Elsewhere", "open", "staging/banner"),
    request("chr_3", "Old", "withdrawn", "production/banner"),
  ];
  review(
    async (reason) => {
      sent.push(reason);
      if (sent.length === 1) throw held();
    },
    ["schedule.manage"],
    undefined,
    unfinished,
  );
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  const which = await screen.findByLabelText("Change request", {}, { timeout: 10_000 });
  const names = screen.getAllByRole("option").map((option) => option.textContent);
  expect(names).toEqual(["A new one", "Sale, by Eda (waiting for approval)"]);
  await user.selectOptions(which, "chr_1");
  screen.getByText(/will not count any more/);
  expect(screen.queryByLabelText("Title of the change request")).toBeNull();
  expect(screen.queryByLabelText(/^Schedule/)).toBeNull();
  const found = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(found.violations.map(({ id }) => id)).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Add to the change request" }));
  expect(sent[1]).toEqual({ text: "", way: { into: "chr_1" } });
});

test("an emergency wants a reason and the word, and is not offered where it cannot pass", async () => {
  const user = userEvent.setup();
  const sent: Reason[] = [];
  review(
    async (reason) => {
      sent.push(reason);
      if (sent.length === 1) throw held();
    },
    ["change_request.bypass"],
  );
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  await user.click(await screen.findByText("Bypass in an emergency", {}, { timeout: 10_000 }));
  const bypass = screen.getByRole("button", { name: /Bypass the policies/ });
  await user.click(bypass);
  screen.getByText("Give the reason first.");
  await user.type(screen.getByLabelText(/^Reason/), "down");
  await user.click(bypass);
  screen.getByText("Type production to confirm.");
  expect(sent).toHaveLength(1);
  await user.type(screen.getByLabelText("Type production to confirm"), "production");
  await user.click(bypass);
  expect(sent[1]).toEqual({ text: "down", way: "bypass" });
  cleanup();

  const beyond = { message: "no owner", policy: "p", kind: "flag", key: "a", may_bypass: false } as Violation;
  review(() => Promise.reject(held({ ...verdict, violations: [beyond] })), ["change_request.bypass"]);
  await user.click(screen.getByRole("button", { name: "Turn on" }));
  await screen.findByText(/Not even an emergency passes over this/, {}, { timeout: 10_000 });
  expect(screen.queryByText("Bypass in an emergency")).toBeNull();
});
