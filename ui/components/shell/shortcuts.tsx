"use client";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { undoLast } from "@/lib/undo";
import { href } from "@/lib/url";
import { useConsole } from "../console-context";
import { pages } from "../navigation";
import { Dialog } from "../ui/dialog";
import { Checkbox } from "../ui/field";
import { Kbd } from "../ui/kbd";

const GROUPS: { name: string; keys: [string, string][] }[] = [
  {
    name: "Anywhere",
    keys: [
      ["Ctrl K", "Search or act: go to a flag, turn it on or off, create"],
      ["C", "Create a flag"],
      ["Z", "Undo the last change"],
      ["?", "This list"],
      ...pages.map((page): [string, string] => [`G ${page.key.toUpperCase()}`, `Go to ${page.name}`]),
    ],
  },
  {
    name: "In lists",
    keys: [
      ["/", "Search"],
      ["J  K", "Next and previous row (also the arrow keys)"],
      ["Enter", "Open the row"],
    ],
  },
  { name: "On a flag", keys: [["Ctrl Enter", "Review the draft; in the review, save it"]] },
];

/** True when a letter typed now belongs to a field. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      target.closest("[role=menu],[role=dialog]") !== null)
  );
}

/** The keys of the whole console, and the list of all keys. */
export function Shortcuts({ enabled, setEnabled }: { enabled: boolean; setEnabled: (on: boolean) => void }) {
  const { openPalette, openCreateFlag, project } = useConsole();
  const router = useRouter();
  const [help, setHelp] = useState(false);
  const going = useRef(0);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target) || !enabled)
        return;
      const key = event.key.toLowerCase();
      if (going.current && Date.now() - going.current < 1_200) {
        going.current = 0;
        const page = pages.find((each) => each.key === key);
        if (page) {
          event.preventDefault();
          router.push(href(page.href, { p: project.key }));
          return;
        }
      }
      if (key === "g") going.current = Date.now();
      else if (key === "c") {
        event.preventDefault();
        openCreateFlag();
      } else if (key === "z") void undoLast();
      else if (event.key === "?") setHelp(true);
      else if (key === "/") {
        const search = document.querySelector<HTMLInputElement>("[data-search]");
        if (search) {
          event.preventDefault();
          search.focus();
          search.select();
        }
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [enabled, openPalette, openCreateFlag, project.key, router]);

  return (
    <Dialog open={help} onOpenChange={setHelp} title="Keyboard shortcuts">
      <div className="flex flex-col gap-5">
        {GROUPS.map((group) => (
          <section key={group.name}>
            <h3 className="mb-1.5 font-medium text-ink-3 text-xs">{group.name}</h3>
            <dl className="flex flex-col gap-1.5">
              {group.keys.map(([keys, does]) => (
                <div key={keys} className="flex items-center justify-between gap-4">
                  <dd className="text-sm">{does}</dd>
                  <dt className="flex shrink-0 gap-1">
                    {keys.split(/\s+/).map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dt>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <Checkbox
          label="Single-letter keys"
          hint="Turn them off if you dictate or type with software that sends letters."
          checked={enabled}
          onChange={(event) => setEnabled(event.target.checked)}
        />
      </div>
    </Dialog>
  );
}
