"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useConsole } from "@/components/console-context";
import { EnvironmentMark, ServesChip } from "@/components/marks";
import type { SwitchWish } from "@/components/switch-flag";
import { Badge } from "@/components/ui/badge";
import { Switch } from "@/components/ui/switch";
import type { FlagItem } from "@/lib/api/types";
import { cn } from "@/lib/cn";
import { useFlashes } from "@/lib/flash";
import { useWide } from "@/lib/media";
import { useNow } from "@/lib/now";
import { ago, instant } from "@/lib/time";
import { href } from "@/lib/url";

type Props = { flags: FlagItem[]; sort: string; onSort: (sort: string) => void; onSwitch: (wish: SwitchWish) => void };

const ROW_PX = 40;
const CARD_PX = 92;

/** Thousands of flags as a grid: one Tab stop, arrows or J and K inside, Enter opens, Space switches. */
export function FlagTable({ flags, sort, onSort, onSwitch }: Props) {
  const { project, environments, can } = useConsole();
  const router = useRouter();
  const wide = useWide(768);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState({ row: 0, column: 0 });
  const moved = useRef(false);
  const rows = useVirtualizer({
    count: flags.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (wide ? ROW_PX : CARD_PX),
    overscan: 6,
    scrollPaddingStart: wide ? 36 : 0,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another row height means another layout
  useEffect(() => rows.measure(), [wide]);

  const row = Math.min(active.row, flags.length - 1);
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    rows.scrollToIndex(row);
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`[data-cell="${row}:${active.column}"]`)
        ?.focus({ preventScroll: true }),
    );
  }, [row, active.column, rows]);

  const go = (toRow: number, toColumn: number) => {
    moved.current = true;
    setActive({
      row: Math.max(0, Math.min(flags.length - 1, toRow)),
      column: Math.max(0, Math.min(wide ? environments.length : 0, toColumn)),
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const open = () => {
      const flag = flags[row];
      const environment = active.column > 0 ? environments[active.column - 1]?.key : undefined;
      if (flag) router.push(href("/flag", { p: project.key, key: flag.key, env: environment }));
    };
    const rowsDown: Record<string, number> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: page,
      PageUp: -page,
      Home: -flags.length,
      End: flags.length,
    };
    const down = rowsDown[event.key];
    if (down !== undefined) go(row + down, active.column);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft")
      go(row, active.column + (event.key === "ArrowRight" ? 1 : -1));
    else if (event.key === "Enter") open();
    else return;
    event.preventDefault();
  };

  // J and K also start from anywhere on the page.
  useEffect(() => {
    const start = (event: globalThis.KeyboardEvent) => {
      if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.activeElement !== document.body && document.activeElement?.id !== "main") return;
      event.preventDefault();
      scroller.current?.querySelector<HTMLElement>("[data-skip-target]")?.focus();
    };
    window.addEventListener("keydown", start);
    return () => window.removeEventListener("keydown", start);
  }, []);

  // Production says the most, so it gets the most room.
  const columns = environments
    .map((each) => (each.production ? "minmax(190px, 1.9fr)" : "minmax(128px, 1fr)"))
    .join(" ");
  const template = `minmax(220px, 2.2fr) ${columns} minmax(110px, 0.9fr) minmax(76px, 0.6fr)`;
  const items = rows.getVirtualItems();
  return (
    <div
      ref={scroller}
      className="min-h-0 flex-1 overflow-auto border-t max-md:border-t-0"
      style={{ contain: "strict" }}
    >
      <div
        role="grid"
        tabIndex={-1}
        aria-label="Flags"
        aria-rowcount={flags.length + 1}
        aria-colcount={wide ? environments.length + 3 : 1}
        className={wide ? "min-w-[820px]" : undefined}
        onKeyDown={onKeyDown}
      >
        {wide ? (
          <div
            role="row"
            aria-rowindex={1}
            className="sticky top-0 z-10 grid h-9 items-center border-b bg-ground px-4 text-ink-2 text-xs"
            style={{ gridTemplateColumns: template }}
          >
            <Heading name="Flag" by="key" sort={sort} onSort={onSort} />
            {environments.map((environment) => (
              <div key={environment.key} role="columnheader" className="flex items-center gap-1.5 truncate font-medium">
                <EnvironmentMark environment={environment} />
                <span className="truncate">{environment.name}</span>
              </div>
            ))}
            <Heading name="Changed" by="-changed" sort={sort} onSort={onSort} />
            <div role="columnheader" className="font-medium">
              Owner
            </div>
          </div>
        ) : null}
        <div role="rowgroup" className="relative" style={{ height: rows.getTotalSize() }}>
          {items.map((item) => {
            const flag = flags[item.index];
            if (!flag) return null;
            const props = {
              flag,
              index: item.index,
              column: item.index === row ? active.column : -1,
              // The first row that is there takes the focus when the active one is scrolled away.
              first: item.index === row || (!items.some((each) => each.index === row) && item === items[0]),
              onActive: (column: number) => setActive({ row: item.index, column }),
              onSwitch,
              editable: can("editor") && !flag.archived,
            };
            return (
              <div
                key={flag.key}
                role="row"
                aria-rowindex={item.index + 2}
                className="absolute inset-x-0 top-0"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                {wide ? <Row {...props} template={template} /> : <CardRow {...props} />}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Heading({
  name,
  by,
  sort,
  onSort,
}: {
  name: string;
  by: string;
  sort: string;
  onSort: (sort: string) => void;
}) {
  const bare = by.replace("-", "");
  const here = sort === bare || sort === `-${bare}`;
  const down = sort.startsWith("-");
  const Arrow = down ? ArrowDown : ArrowUp;
  return (
    <div role="columnheader" aria-sort={here ? (down ? "descending" : "ascending") : "none"}>
      <button
        type="button"
        className="-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 font-medium hover:text-ink"
        onClick={() => onSort(here ? (down ? bare : `-${bare}`) : by)}
      >
        {name}
        {here ? <Arrow aria-hidden className="size-3" /> : null}
      </button>
    </div>
  );
}

type RowProps = {
  flag: FlagItem;
  index: number;
  /** Column with the focus in this row, -1 in others. */
  column: number;
  first: boolean;
  onActive: (column: number) => void;
  onSwitch: (wish: SwitchWish) => void;
  editable: boolean;
};

function Name({ flag, index, column, first, onActive }: RowProps) {
  const { project } = useConsole();
  return (
    <Link
      href={href("/flag", { p: project.key, key: flag.key })}
      prefetch={false}
      data-cell={`${index}:0`}
      data-skip-target={first ? "" : undefined}
      tabIndex={first && column <= 0 ? 0 : -1}
      onFocus={() => onActive(0)}
      className="flex min-w-0 items-baseline gap-2 outline-offset-[-2px] before:absolute before:inset-y-0 before:left-0 before:w-full before:content-['']"
    >
      <span className="shrink-0 truncate font-mono text-ink text-xs max-md:text-sm md:max-w-[70%]">{flag.key}</span>
      {flag.name !== flag.key ? <span className="truncate text-ink-3 text-xs">{flag.name}</span> : null}
    </Link>
  );
}

function Row(props: RowProps & { template: string }) {
  const { flag, index, column, onActive, onSwitch, editable, template } = props;
  const { environments } = useConsole();
  const now = useNow();
  const flashing = useFlashes().has(flag.key);
  return (
    <div
      className={cn("relative grid h-full items-center border-line border-b px-4 hover:bg-sunken", flashing && "flash")}
      style={{ gridTemplateColumns: template }}
    >
      <div role="rowheader" tabIndex={-1} className="flex min-w-0 items-center gap-2 pr-3">
        <Name {...props} />
        {flag.type !== "boolean" ? <Badge tone="outline">{flag.type === "json" ? "JSON" : flag.type}</Badge> : null}
      </div>
      {environments.map((environment, i) => {
        const served = flag.environments[environment.key];
        const on = served?.on ?? false;
        return (
          <div
            key={environment.key}
            role="gridcell"
            className="relative flex w-fit min-w-0 max-w-full items-center gap-2 pr-3"
          >
            <Switch
              label={`${flag.key} in ${environment.key}, ${on ? "on" : "off"}`}
              checked={on}
              disabled={!editable}
              data-cell={`${index}:${i + 1}`}
              tabIndex={column === i + 1 ? 0 : -1}
              onFocus={() => onActive(i + 1)}
              onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
              onCheckedChange={(next) => onSwitch({ flag, environment, on: next })}
            />
            <ServesChip serves={served?.serves ?? { kind: "off", text: "off" }} />
          </div>
        );
      })}
      <div
        role="gridcell"
        className="truncate pr-2 text-ink-2 text-xs"
        title={flag.changed ? instant(flag.changed.at) : undefined}
      >
        {flag.changed ? `${ago(flag.changed.at, now)} · ${flag.changed.actor}` : "–"}
      </div>
      <div role="gridcell" className="truncate text-ink-2 text-xs">
        {flag.owner ?? "–"}
      </div>
    </div>
  );
}

function CardRow(props: RowProps) {
  const { flag } = props;
  const { environments } = useConsole();
  const now = useNow();
  const ordered = environments.toSorted((a, b) => Number(b.production) - Number(a.production));
  const flashing = useFlashes().has(flag.key);
  return (
    <div
      role="gridcell"
      className={cn("relative flex h-full flex-col justify-center gap-1.5 border-b px-4", flashing && "flash")}
    >
      <Name {...props} />
      <div className="flex min-w-0 items-center gap-3 overflow-hidden text-xs">
        {ordered.map((environment) => (
          <span
            key={environment.key}
            className={cn(
              "flex items-center gap-1 text-ink-3",
              environment.production ? "min-w-0" : "max-w-24 shrink-0",
            )}
          >
            <EnvironmentMark environment={environment} />
            <span className="sr-only">{environment.name}</span>
            <ServesChip serves={flag.environments[environment.key]?.serves ?? { kind: "off", text: "off" }} />
          </span>
        ))}
      </div>
      <div className="truncate text-ink-3 text-xs">
        {flag.changed ? `changed by ${flag.changed.actor}, ${ago(flag.changed.at, now)}` : "not changed yet"}
        {flag.owner ? ` · owner ${flag.owner}` : ""}
      </div>
    </div>
  );
}
