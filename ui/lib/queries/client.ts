import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../api/client";

/** One cache for all server state. What the stream keeps fresh need not be asked for again on every visit. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: false,
        // A refusal is an answer; only an absent or broken server is asked again.
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiProblem && (error.status === 0 || error.status >= 500),
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      },
    },
  });
}
