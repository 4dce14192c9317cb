"use client";
import { type ReactNode, useState } from "react";
import { Asked } from "@/lib/api/way";
import { FormError } from "./states";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";

/** Before something that cannot be undone: says what follows, and its button is named after the act. */
export function Confirm({
  title,
  children,
  confirm,
  onConfirm,
  onClose,
}: {
  title: string;
  children: ReactNode;
  confirm: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const act = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (problem) {
      if (problem instanceof Asked) return onClose();
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" disabled={busy} onClick={() => void act()}>
            {confirm}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-ink-2 text-sm">
        {children}
        <FormError error={error} />
      </div>
    </Dialog>
  );
}
