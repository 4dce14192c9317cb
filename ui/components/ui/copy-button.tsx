"use client";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { toast } from "@/lib/toast";
import { IconButton } from "./icon-button";

/** Copies a text; without the clipboard (plain http on a network) it says so. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    (document.querySelector("[role=dialog]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      label={copied ? "Copied" : label}
      className={className}
      onClick={async () => {
        if (await copyText(text)) {
          setCopied(true);
          setTimeout(() => setCopied(false), 1_500);
        } else toast.error("The browser does not allow copying here. Select the text and copy it by hand.");
      }}
    >
      {copied ? <Check className="text-ok" /> : <Copy />}
    </IconButton>
  );
}

/** Code on its own ground, with a copy button. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div data-slot="code" className="relative rounded-md border bg-sunken">
      <pre
        tabIndex={0}
        role="group"
        aria-label={label}
        className="overflow-x-auto p-3 pr-11 font-mono text-xs leading-relaxed"
      >
        {code}
      </pre>
      <CopyButton text={code} label={`Copy ${label}`} className="absolute top-1 right-1 bg-sunken" />
    </div>
  );
}
