import { afterEach, beforeEach, expect, test, vi } from "vitest";

let notices: typeof import("../lib/toast");
const said: unknown[][] = [];
const library = {
  toast: {
    success: (...words: unknown[]) => said.push(["success", ...words]),
    error: (...words: unknown[]) => said.push(["error", ...words]),
    dismiss: (id: string) => said.push(["dismiss", id]),
  },
} as unknown as typeof import("sonner");

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  said.length = 0;
  notices = await import("../lib/toast");
});
afterEach(() => void vi.useRealTimers());

test("what is said before notices can be shown is said then, in order", async () => {
  const wanted = vi.fn();
  notices.onWanted(wanted);
  expect(wanted).not.toHaveBeenCalled();
  notices.toast.success("saved", { id: "rev-1" });
  notices.toast.dismiss("rev-1");
  notices.toast.error("not undone");
  expect(wanted).toHaveBeenCalled();
  await vi.runAllTimersAsync();
  expect(said).toEqual([]);
  notices.toasterIsThere(library);
  await vi.runAllTimersAsync();
  expect(said).toEqual([
    ["success", "saved", { id: "rev-1" }],
    ["dismiss", "rev-1"],
    ["error", "not undone", undefined],
  ]);
});

test("they come by themselves soon, at once if something was said already, and not for who has left", async () => {
  const [stayed, left] = [vi.fn(), vi.fn()];
  notices.onWanted(left)();
  notices.onWanted(stayed);
  await vi.advanceTimersByTimeAsync(500);
  expect(stayed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(stayed).toHaveBeenCalledOnce();
  expect(left).not.toHaveBeenCalled();
  notices.toast.success("early");
  const late = vi.fn();
  notices.onWanted(late);
  await vi.advanceTimersByTimeAsync(1);
  expect(late).toHaveBeenCalledOnce();
});
