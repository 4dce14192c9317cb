"use client";
import { useDeferredValue, useState } from "react";
import { Needs, useMay } from "@/components/needs";
import { ErrorState, FormError } from "@/components/states";
import { Sheet } from "@/components/ui/dialog";
import { Checkbox, Field, Input } from "@/components/ui/field";
import { SkeletonRows } from "@/components/ui/skeleton";
import type { Group } from "@/lib/api/types";
import { count } from "@/lib/people";
import { useEditGroupMembers, useMembers } from "@/lib/queries/people";

/** Who is in a group. Ticking somebody puts them in at once. */
export function GroupMembers({ group, onClose }: { group: Group; onClose: () => void }) {
  const [search, setSearch] = useState("");
  const members = useMembers(useDeferredValue(search));
  const edit = useEditGroupMembers();
  const manage = useMay("group.manage");
  const items = members.data?.items ?? [];
  const total = members.data?.total ?? items.length;
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Members of ${group.name}`}
      description={`${count(group.members.length, "member")}. A tick counts at once.`}
    >
      <div className="-mx-5 -mt-4 mb-4 [&>p]:px-5">
        <Needs of={manage} to="say who is in the group" />
      </div>
      <div className="flex flex-col gap-4">
        <Field label="Search">
          {(props) => (
            <Input
              {...props}
              type="search"
              placeholder="Name or e-mail"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          )}
        </Field>
        <FormError error={edit.error} />
        {members.error ? (
          <ErrorState error={members.error} what="the members" retry={() => void members.refetch()} />
        ) : !members.data ? (
          <SkeletonRows label="Loading members" count={4} />
        ) : items.length === 0 ? (
          <p className="text-ink-2 text-sm">Nobody matches “{search}”.</p>
        ) : (
          <ul className="flex flex-col gap-3">
            {items.map(({ user }) => (
              <li key={user.id}>
                <Checkbox
                  label={user.name}
                  hint={user.email}
                  disabled={!manage.may || edit.isPending}
                  aria-describedby={manage.may ? undefined : manage.id}
                  checked={group.members.includes(user.id)}
                  onChange={(event) =>
                    edit.mutate({ key: group.key, [event.target.checked ? "add" : "remove"]: [user.id] })
                  }
                />
              </li>
            ))}
          </ul>
        )}
        {total > items.length && items.length > 0 ? (
          <p className="text-ink-3 text-xs">
            The first {items.length} of {total}. Search for the others.
          </p>
        ) : null}
      </div>
    </Sheet>
  );
}
