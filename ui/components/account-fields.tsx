import { Field, Input } from "./ui/field";

/** What a new person is called; `name` in its form. */
export function NameField({ autoFocus }: { autoFocus?: boolean }) {
  return (
    <Field label="Your name">
      {(props) => <Input {...props} name="name" autoComplete="name" required autoFocus={autoFocus} className="h-10" />}
    </Field>
  );
}

/** A password that is chosen; `password` in its form. The server wants as many characters. */
export function NewPasswordField({ label = "Password", className }: { label?: string; className?: string }) {
  return (
    <Field label={label} hint="At least 12 characters. A sentence is easy to remember.">
      {(props) => (
        <Input
          {...props}
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          required
          className={className}
        />
      )}
    </Field>
  );
}
