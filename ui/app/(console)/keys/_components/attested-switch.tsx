"use client";
import { useState } from "react";
import { Confirm } from "@/components/confirm";
import { useConsole } from "@/components/console-context";
import { Switch } from "@/components/ui/switch";
import type { SdkKey } from "@/lib/api/types";
import { useUpdateKey } from "@/lib/queries/keys";
import { toast } from "@/lib/toast";

/** Whether a client key answers only contexts that the application's server has signed. */
export function AttestedSwitch({ sdkKey, disabled }: { sdkKey: SdkKey; disabled: boolean }) {
  const { project } = useConsole();
  const update = useUpdateKey(project.key);
  const [asking, setAsking] = useState(false);
  const attested = !sdkKey.attested;
  return (
    <>
      <Switch
        label={`${sdkKey.name} answers only signed contexts`}
        checked={sdkKey.attested}
        disabled={disabled}
        onCheckedChange={() => setAsking(true)}
      />
      {asking ? (
        <Confirm
          title={attested ? `Ask “${sdkKey.name}” for signed contexts` : `Answer “${sdkKey.name}” without signatures`}
          confirm={attested ? "Ask for signed contexts" : "Answer any context"}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await update.mutateAsync({ id: sdkKey.id, attested });
            toast.success(`${sdkKey.name} answers ${attested ? "only signed" : "any"} contexts.`);
          }}
        >
          <p>
            {attested
              ? "From now on, applications with this key get answers only for contexts that your server has signed. Those that send none keep their last answers and get no new ones."
              : "From now on, whoever has this key can ask what any user gets. Signatures that are sent are still verified."}
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
