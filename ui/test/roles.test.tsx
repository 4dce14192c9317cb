// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { useState } from "react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { PermissionMatrix } from "../app/(console)/people/_components/permission-matrix";
import { Places } from "../app/(console)/people/_components/places";
import type { Grant, Permission } from "../lib/api/types";

afterEach(cleanup);

const permissions: Permission[] = [
  { name: "configuration.update", level: "environment", description: "Change what a flag serves.", role: "editor" },
  { name: "flag.create", level: "project", description: "Make flags.", role: "editor" },
  { name: "member.manage", level: "tenant", description: "Invite people.", role: "admin" },
];

function Editor({
  start,
  seen,
  readOnly = false,
}: {
  start: Grant[];
  seen: (grants: Grant[]) => void;
  readOnly?: boolean;
}) {
  const [grants, setGrants] = useState(start);
  const change = (next: Grant[]) => {
    setGrants(next);
    seen(next);
  };
  return (
    <>
      <Places grants={grants} permissions={permissions} readOnly={readOnly} onChange={change} />
      <PermissionMatrix grants={grants} permissions={permissions} readOnly={readOnly} onChange={change} />
    </>
  );
}

async function violations(): Promise<string[]> {
  const rules = {
    "color-contrast": { enabled: false },
    region: { enabled: false },
    "heading-order": { enabled: false },
  };
  const result = await axe.run(document.body, { rules });
  return result.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`);
}

describe("the matrix of a role", () => {
  test("a place is narrowed and allowed something, by keyboard", async () => {
    const user = userEvent.setup();
    const seen = vi.fn();
    render(<Editor start={[{ permissions: ["member.manage"], projects: "*", environments: "*" }]} seen={seen} />);
    expect(await violations()).toEqual([]);
    screen.getByRole("checkbox", { name: "Place A: all environments" }).focus();
    await user.keyboard(" ");
    expect(seen).toHaveBeenLastCalledWith([{ permissions: [], projects: "*", environments: [] }]);
    await user.type(screen.getByRole("textbox", { name: "Place A: keys of environments" }), "staging{Enter}");
    expect(screen.queryByRole("checkbox", { name: "member.manage in place A" })).toBeNull();
    expect(screen.getAllByText(/all environments only/).length).toBeGreaterThan(0);
    await user.click(screen.getByRole("checkbox", { name: "configuration.update in place A" }));
    expect(seen).toHaveBeenLastCalledWith([
      { permissions: ["configuration.update"], projects: "*", environments: ["staging"] },
    ]);
    await user.click(screen.getByRole("button", { name: "Add a place" }));
    expect(screen.getAllByRole("checkbox", { name: /configuration.update in place/ })).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Remove place A" }));
    expect(seen).toHaveBeenLastCalledWith([{ permissions: [], projects: "*", environments: [] }]);
    expect(await violations()).toEqual([]);
  });

  test("a built-in role is shown and cannot be changed", async () => {
    render(
      <Editor
        start={[{ permissions: ["flag.create"], projects: ["shop"], environments: "*" }]}
        seen={vi.fn()}
        readOnly
      />,
    );
    expect(screen.queryByRole("checkbox")).toBeNull();
    const row = screen.getByRole("row", { name: /flag.create/ });
    expect(row.textContent).toContain("allowed");
    expect(row.textContent).not.toContain("not allowed");
    expect(screen.getByRole("row", { name: /configuration.update/ }).textContent).toContain("not allowed");
    expect(screen.getByRole("row", { name: /member.manage/ }).textContent).toContain("all projects only");
    expect(await violations()).toEqual([]);
  });
});
