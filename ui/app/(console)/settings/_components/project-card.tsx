"use client";
import { type FormEvent, useState } from "react";
import { useConsole } from "@/components/console-context";
import { FormError } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, Input, Textarea } from "@/components/ui/field";
import type { Project } from "@/lib/api/types";
import { useUpdateProject } from "@/lib/queries/projects";
import { toast } from "@/lib/toast";

export function ProjectCard({ project }: { project: Project }) {
  const { can } = useConsole();
  const update = useUpdateProject(project.key);
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description ?? "");
  const changed = name !== project.name || description !== (project.description ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate({ name, description }, { onSuccess: () => toast.success("The project is saved.") });
  };
  return (
    <Card title="Project">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <fieldset disabled={!can("admin")} className="flex flex-col gap-3">
          <Field label="Name">
            {(props) => <Input {...props} required value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label="Description">
            {(props) => (
              <Textarea
                {...props}
                rows={2}
                value={description}
                onChange={(event) => setDescription(event.target.value)}
              />
            )}
          </Field>
        </fieldset>
        <FormError error={update.error} />
        <div className="flex items-center justify-between gap-3">
          <span className="text-ink-3 text-xs">
            Key <code className="font-mono text-ink-2">{project.key}</code> · {project.flags} flags · version{" "}
            {String(project.version.epoch).slice(0, 8)}:{project.version.rev}
          </span>
          {can("admin") ? (
            <Button type="submit" variant="primary" disabled={!changed || update.isPending}>
              Save
            </Button>
          ) : null}
        </div>
      </form>
    </Card>
  );
}
