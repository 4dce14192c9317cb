"use client";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useCreateProject } from "@/lib/queries/projects";
import { href } from "@/lib/url";
import { NameAndKey, useNameAndKey } from "./key-fields";
import { FormError } from "./states";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";

export function CreateProjectDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const create = useCreateProject();
  const state = useNameAndKey();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (state.problem || state.key === "") return;
    create.mutate(
      { key: state.key, name: state.name.trim() },
      {
        onSuccess: ({ data }) => {
          onClose();
          router.push(href("/flags", { p: data.key }));
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New project"
      description="With the environments development, staging and production."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <NameAndKey state={state} placeholder="Web shop" />
        <FormError error={create.error} />
        <Button type="submit" variant="primary" className="self-end" disabled={create.isPending}>
          Create project
        </Button>
      </form>
    </Dialog>
  );
}

export function CreateProject() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        New project
      </Button>
      {open ? <CreateProjectDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}
