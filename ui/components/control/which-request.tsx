"use client";
import { ExternalLink } from "lucide-react";
import type { ChangeRequestItem } from "@/lib/api/control";
import { STATES, touchesText } from "@/lib/control-words";
import { href } from "@/lib/url";
import { instantIn } from "@/lib/zones";
import { useConsole } from "../console-context";
import { Field, Select } from "../ui/field";
import { StateBadge } from "./change-row";

const titleOf = ({ title, touches }: ChangeRequestItem) => title || touchesText(touches);

/** A new change request, or one that is there; `null` is a new one. */
export function WhichRequest({
  requests,
  chosen,
  onChoose,
}: {
  requests: ChangeRequestItem[];
  chosen: ChangeRequestItem | null;
  onChoose: (id: string | null) => void;
}) {
  return (
    <>
      <Field label="Change request">
        {(props) => (
          <Select
            {...props}
            className="w-full truncate"
            value={chosen?.id ?? ""}
            onChange={(event) => onChoose(event.target.value || null)}
          >
            <option value="">A new one</option>
            <optgroup label="Add to one that is there">
              {requests.map((one) => (
                <option key={one.id} value={one.id}>
                  {titleOf(one)}, by {one.author.name} ({STATES[one.state].text.toLowerCase()})
                </option>
              ))}
            </optgroup>
          </Select>
        )}
      </Field>
      {chosen ? <Chosen request={chosen} /> : null}
    </>
  );
}

/** What it is that somebody adds to, and what adding does to it. */
function Chosen({ request }: { request: ChangeRequestItem }) {
  const { project } = useConsole();
  const { state, schedule, needed, touches } = request;
  const consents = needed.some((one) => one.given.length > 0);
  return (
    <div role="status" className="flex flex-col gap-1.5 rounded-md bg-sunken p-3 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <StateBadge item={request} />
        <a
          href={href("/changes", { p: project.key, id: request.id })}
          target="_blank"
          rel="noreferrer"
          className="inline-flex items-center gap-1 rounded-sm text-accent text-xs hover:underline"
        >
          See it in a new tab <ExternalLink aria-hidden className="size-3" />
        </a>
      </p>
      <p className="break-words text-ink-2 text-xs">
        Changes <span className="font-mono">{touchesText(touches)}</span> already. Both are then applied together.
      </p>
      {consents ? (
        <p className="font-medium text-warn text-xs">
          Approvals that it has are for what it was, and will not count any more.
        </p>
      ) : null}
      {schedule ? (
        <p className="text-ink-2 text-xs">It happens at its time: {instantIn(schedule.instant, schedule.zone)}.</p>
      ) : state === "draft" ? (
        <p className="text-ink-2 text-xs">It is a draft and stays one: nobody is asked until it is submitted.</p>
      ) : state === "rejected" || state === "failed" ? (
        <p className="text-ink-2 text-xs">It becomes a draft again, to be submitted when it is whole.</p>
      ) : null}
    </div>
  );
}
