"use client";
import { Command } from "cmdk";
import { Flag, Plus, Power } from "lucide-react";
import { useRouter } from "next/navigation";
import { Dialog } from "radix-ui";
import { useMemo, useState } from "react";
import { type PaletteItem, paletteItems } from "@/lib/palette";
import { useFlags } from "@/lib/queries/flags";
import { href } from "@/lib/url";
import { useConsole } from "./console-context";
import { EnvBadge, ServesChip } from "./marks";
import { pages } from "./navigation";
import { SwitchNow } from "./switch-now";
import { Kbd } from "./ui/kbd";

const itemId = (item: PaletteItem): string =>
  item.kind === "switch"
    ? `${item.verb} ${item.flag.key} ${item.environment.key}`
    : item.kind === "flag"
      ? `flag ${item.flag.key}`
      : item.kind === "create"
        ? "create"
        : `page ${item.href}`;

/** Go anywhere, and act: what Enter does is what the highlighted line says, its environment included. */
export function CommandPalette({ typed, onClose }: { typed: string; onClose: () => void }) {
  const { project, environments, can, openCreateFlag } = useConsole();
  const router = useRouter();
  const flags = useFlags(project.key).data?.items;
  const [text, setText] = useState(typed);
  const [at, setAt] = useState("");
  const [wish, setWish] = useState<(PaletteItem & { kind: "switch" }) | null>(null);
  const items = useMemo(
    () => paletteItems(text, flags ?? [], environments, pages, can("editor")),
    [text, flags, environments, can],
  );
  const current = items.find((item) => itemId(item) === at) ?? items[0];

  const run = (item: PaletteItem) => {
    if (item.kind === "switch") {
      setWish(item);
      return;
    }
    onClose();
    if (item.kind === "flag") router.push(href("/flag", { p: project.key, key: item.flag.key }));
    else if (item.kind === "page") router.push(href(item.href, { p: project.key }));
    else openCreateFlag(item.name);
  };

  if (wish) return <SwitchNow flag={wish.flag} environment={wish.environment} on={wish.on} onClose={onClose} />;
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 top-0 z-40 mx-auto flex h-dvh w-full max-w-[760px] animate-[rise_120ms_ease-out] flex-col overflow-hidden border bg-raised shadow-float sm:top-[12vh] sm:h-auto sm:max-h-[70vh] sm:rounded-lg"
        >
          <Dialog.Title className="sr-only">Search or act</Dialog.Title>
          <Command
            shouldFilter={false}
            value={current ? itemId(current) : ""}
            onValueChange={setAt}
            label="Search or act"
            className="flex min-h-0 flex-1 flex-col"
          >
            <div className="flex items-center border-b pr-3">
              <Command.Input
                value={text}
                onValueChange={(next) => {
                  setText(next);
                  setAt("");
                }}
                placeholder="Go to a flag or page, or: kill checkout, turn on search in staging, new flag…"
                className="h-12 min-w-0 flex-1 bg-transparent px-4 text-base outline-none"
              />
              <button type="button" onClick={onClose} className="rounded-sm text-ink-3 text-xs sm:hidden">
                Close
              </button>
              <span className="max-sm:hidden">
                <Kbd>Esc</Kbd>
              </span>
            </div>
            <div className="flex min-h-0 flex-1">
              <Command.List className="min-h-0 flex-1 overflow-y-auto p-1.5">
                <Command.Empty className="px-3 py-6 text-center text-ink-2 text-sm">
                  Nothing is called “{text}”.
                </Command.Empty>
                {items.map((item) => (
                  <Command.Item
                    key={itemId(item)}
                    value={itemId(item)}
                    onSelect={() => run(item)}
                    className="flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 py-1 text-sm data-[selected=true]:bg-hover pointer-coarse:min-h-11"
                  >
                    <Line item={item} />
                  </Command.Item>
                ))}
              </Command.List>
              {current?.kind === "switch" ? <Preview item={current} /> : null}
            </div>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Line({ item }: { item: PaletteItem }) {
  if (item.kind === "switch") {
    return (
      <>
        <Power aria-hidden className={item.on ? "size-4 shrink-0 text-ok" : "size-4 shrink-0 text-bad"} />
        <span className="min-w-0 flex-1 truncate">
          {item.verb} <b className="font-medium font-mono text-xs">{item.flag.key}</b> in{" "}
          {item.environment.production ? <b>{item.environment.name}</b> : item.environment.name}
        </span>
        <ServesChip serves={item.flag.environments[item.environment.key]?.serves} className="max-w-28" />
      </>
    );
  }
  if (item.kind === "flag") {
    return (
      <>
        <Flag aria-hidden className="size-4 shrink-0 text-ink-3" />
        <span className="truncate font-mono text-xs">{item.flag.key}</span>
        <span className="ml-auto truncate text-ink-3 text-xs">{item.flag.name}</span>
      </>
    );
  }
  if (item.kind === "create") {
    return (
      <>
        <Plus aria-hidden className="size-4 shrink-0 text-accent" />
        <span>
          Create a flag
          {item.name ? (
            <>
              {" "}
              named <b className="font-medium">{item.name}</b>
            </>
          ) : (
            "…"
          )}
        </span>
      </>
    );
  }
  const Icon = pages.find((page) => page.href === item.href)?.icon ?? Flag;
  return (
    <>
      <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
      <span>Go to {item.name}</span>
    </>
  );
}

/** What the highlighted verb would do. */
function Preview({ item }: { item: PaletteItem & { kind: "switch" } }) {
  const serves = item.flag.environments[item.environment.key]?.serves;
  return (
    <div className="flex w-64 shrink-0 flex-col gap-3 border-l bg-sunken p-4 text-sm max-sm:hidden">
      <EnvBadge environment={item.environment} />
      <div className="flex flex-col gap-1.5">
        <span className="text-ink-3 text-xs">Now</span>
        <span>
          <ServesChip serves={serves ?? { kind: "off", text: "off" }} />
        </span>
        <span className="mt-1 text-ink-3 text-xs">Then</span>
        <span>
          {item.on ? (
            <span className="text-ink-2">what its rules say</span>
          ) : (
            <ServesChip serves={{ kind: "off", text: "off for everyone" }} />
          )}
        </span>
      </div>
      <p className="text-ink-2 text-xs">
        {item.environment.production
          ? item.on
            ? "Enter opens the review."
            : "Enter does it. Undo is in the message that follows."
          : "Enter does it at once. Undo is in the message that follows."}
      </p>
    </div>
  );
}
