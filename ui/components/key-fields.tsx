"use client";
import { useState } from "react";
import { keyProblem, slug } from "@/lib/slug";
import { Field, Input } from "./ui/field";

/** A name and the key that follows it until somebody writes a key of their own. */
export function useNameAndKey(initial = "") {
  const [name, setName] = useState(initial);
  const [own, setOwn] = useState<string | null>(null);
  const key = own ?? slug(name);
  return { name, setName, key, setKey: setOwn, problem: key === "" && name === "" ? null : keyProblem(key) };
}

export function NameAndKey({
  state,
  nameLabel = "Name",
  placeholder,
  taken,
}: {
  state: ReturnType<typeof useNameAndKey>;
  nameLabel?: string;
  placeholder?: string;
  taken?: boolean;
}) {
  return (
    <>
      <Field label={nameLabel}>
        {(props) => (
          <Input
            {...props}
            name="name"
            autoFocus
            required
            value={state.name}
            placeholder={placeholder}
            onChange={(event) => state.setName(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Key"
        hint={
          taken === undefined || state.key === ""
            ? "Used in code. It cannot be changed later."
            : `${state.key} is free. It cannot be changed later.`
        }
        error={taken ? `${state.key} is taken. Keys of archived flags stay taken too.` : state.problem}
      >
        {(props) => (
          <Input
            {...props}
            name="key"
            required
            spellCheck={false}
            className="font-mono text-xs"
            value={state.key}
            onChange={(event) => state.setKey(event.target.value.replaceAll(" ", "-"))}
          />
        )}
      </Field>
    </>
  );
}
