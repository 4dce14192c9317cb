import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["*/test/**/*.test.{ts,tsx}"],
    // Other work shares the machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
