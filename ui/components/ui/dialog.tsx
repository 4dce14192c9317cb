"use client";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/cn";
import { IconButton } from "./icon-button";

const veil = "fixed inset-0 z-40 bg-veil animate-[appear_120ms_ease-out]";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  className?: string;
} & Pick<ComponentProps<typeof Radix.Content>, "onOpenAutoFocus" | "onKeyDown" | "onInteractOutside">;

function Head({ title, description }: Pick<Props, "title" | "description">) {
  return (
    <div className="flex items-start gap-3 border-b px-5 py-3.5">
      <div className="min-w-0 flex-1">
        <Radix.Title className="font-semibold text-base">{title}</Radix.Title>
        {description ? (
          <Radix.Description asChild>
            <div className="mt-0.5 text-ink-3 text-xs">{description}</div>
          </Radix.Description>
        ) : null}
      </div>
      <Radix.Close asChild>
        <IconButton label="Close" hint="Esc" className="-mr-2">
          <X />
        </IconButton>
      </Radix.Close>
    </div>
  );
}

function Foot({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center justify-end gap-2 border-t bg-sunken px-5 py-3">{children}</div>;
}

/** Where nothing inside asks for the focus the panel itself has it: its title is read, and no button's hint pops up. */
function onItself(event: Event) {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}

type PanelProps = Props & { slot: string; place: string };

/** What a dialog and a sheet have in common: everything but where they stand. */
function Panel(props: PanelProps) {
  const { slot, place, open, onOpenChange, title, description, children, footer, className, ...content } = props;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={veil} />
        <Radix.Content
          data-slot={slot}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cn("fixed z-40 flex flex-col bg-raised shadow-float outline-none", place, className)}
          onOpenAutoFocus={onItself}
          {...content}
        >
          <Head title={title} description={description} />
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer ? <Foot>{footer}</Foot> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A question or a small form in the middle. */
export function Dialog(props: Props) {
  const place =
    "inset-x-3 top-[12vh] mx-auto max-h-[80vh] max-w-lg animate-[rise_120ms_ease-out] overflow-hidden rounded-lg border";
  return <Panel slot="dialog" place={place} {...props} />;
}

/** A page's edge: for reviews. Covers the whole of a phone. */
export function Sheet(props: Props) {
  const place = "inset-y-0 right-0 w-full max-w-[560px] animate-[slide-in_200ms_ease-out] border-l";
  return <Panel slot="sheet" place={place} {...props} />;
}
