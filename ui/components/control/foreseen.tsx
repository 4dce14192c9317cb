"use client";
import { useEffect } from "react";
import type { PolicyQuestion, Verdict } from "@/lib/api/control";
import { useForeseen } from "@/lib/queries/policies";
import { useConsole } from "../console-context";

/** Asks the policies about a change before it is sent, and tells what holds it; null: nothing does. */
export function Foreseen({
  question,
  reason,
  onVerdict,
}: {
  question: PolicyQuestion;
  reason: boolean;
  onVerdict: (verdict: Verdict | null) => void;
}) {
  const { project } = useConsole();
  const answer = useForeseen(project.key, question, reason).data;
  useEffect(() => {
    if (answer) onVerdict(answer.clear ? null : answer.verdict);
  }, [answer, onVerdict]);
  return null;
}
