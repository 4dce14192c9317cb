import Link from "next/link";
import { AuthCard } from "@/components/auth-card";
import { Button } from "@/components/ui/button";

export const metadata = { title: "No such page" };

export default function NotFound() {
  return (
    <AuthCard title="There is no such page">
      <p className="mb-4 text-ink-2 text-sm">The address is wrong, or the page has moved.</p>
      <Button asChild variant="primary" size="lg" className="w-full">
        <Link href="/">Go to the console</Link>
      </Button>
    </AuthCard>
  );
}
