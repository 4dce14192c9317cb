// One stream a tab: what others change arrives here and is put into the cache.
"use client";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { path } from "../api/client";
import type { StreamChange } from "../api/types";
import { flash } from "../flash";
import { refreshFlag } from "./flags";

export type LiveState = "live" | "reconnecting" | "offline";

/** Above this many flags in one change the whole list is asked for instead of each. */
const FLAGS_ONE_BY_ONE = 12;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15_000;
/** The server sends a heartbeat every 15 s, but comments do not reach scripts: only errors tell. Offline after this long. */
const OFFLINE_AFTER_MS = 10_000;

function take(client: QueryClient, project: string, change: StreamChange): void {
  const flags = new Set<string>();
  const stale = new Set<string>();
  for (const { kind, key } of change.documents) {
    if (kind === "flag") flags.add(key);
    else if (kind === "configuration") {
      const [environment = "", ...flag] = key.split("/");
      flags.add(flag.join("/"));
      void client.invalidateQueries({ queryKey: ["configuration", project, flag.join("/"), environment] });
    } else if (kind === "segment" || kind === "segment_list") {
      stale.add("segments");
      stale.add("segment");
    } else if (kind === "environment") stale.add("environments");
    else if (kind === "sdk_key") stale.add("keys");
    else if (kind === "policy") {
      stale.add("policies");
      stale.add("waiting-for-me");
    } else if (kind === "change_request") stale.add("waiting-for-me");
    else stale.add("projects");
  }
  if (flags.size > FLAGS_ONE_BY_ONE) {
    stale.add("flags");
    stale.add("flag");
  } else for (const flag of flags) void refreshFlag(client, project, flag);
  flash(flags);
  for (const name of stale) void client.invalidateQueries({ queryKey: name === "projects" ? [name] : [name, project] });
  // Any change may be one that a change request was made from.
  for (const name of ["history", "change-requests", "change-request"])
    void client.invalidateQueries({ queryKey: [name, project] });
}

/** Everything a stream may have missed. */
const catchUp = (client: QueryClient) =>
  client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });

export function useLive(project: string | undefined): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("reconnecting");

  useEffect(() => {
    if (!project) return;
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let offline: ReturnType<typeof setTimeout> | undefined;
    let delay = RETRY_FIRST_MS;
    let missed = false;
    let lastId = "";

    const connect = () => {
      source = new EventSource(`/api/v1${path("projects", project)}/stream`);
      source.onopen = () => {
        clearTimeout(offline);
        offline = undefined;
        delay = RETRY_FIRST_MS;
        setState("live");
        // A new EventSource cannot send Last-Event-ID, so ask for everything that is on the screen again.
        if (missed) void catchUp(client);
        missed = false;
      };
      source.addEventListener("change", (event) => {
        const message = event as MessageEvent<string>;
        if (message.lastEventId && message.lastEventId === lastId) return;
        lastId = message.lastEventId;
        try {
          take(client, project, JSON.parse(message.data) as StreamChange);
        } catch {
          void catchUp(client);
        }
      });
      source.addEventListener("resync", () => void catchUp(client));
      source.onerror = () => {
        setState((now) => (now === "offline" ? now : "reconnecting"));
        offline ??= setTimeout(() => setState("offline"), OFFLINE_AFTER_MS);
        // The browser connects again by itself and resumes with Last-Event-ID, unless the server refused.
        if (source?.readyState === EventSource.CONNECTING) return;
        source?.close();
        missed = true;
        timer = setTimeout(connect, delay * (0.5 + Math.random() / 2));
        delay = Math.min(delay * 2, RETRY_MOST_MS);
      };
    };
    connect();
    return () => {
      source?.close();
      clearTimeout(timer);
      clearTimeout(offline);
    };
  }, [project, client]);

  return state;
}
