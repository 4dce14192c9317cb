"use client";
import { SecretOnce } from "@/components/secret-once";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";

/** Recovery codes, shown this once. */
export function RecoveryCodesOnce({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Recovery codes"
      onInteractOutside={(event) => event.preventDefault()}
      footer={<Button onClick={onClose}>I have kept them</Button>}
    >
      <SecretOnce secret={codes.join(" ")} label="Recovery codes">
        <ul className="grid grid-cols-1 gap-1 font-mono text-xs sm:grid-cols-2">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <p className="text-ink-2 text-sm">
          Keep them where your phone is not: each signs you in once without the app or a passkey.
        </p>
      </SecretOnce>
    </Dialog>
  );
}
