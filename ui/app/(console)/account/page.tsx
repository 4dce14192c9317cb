"use client";
import { PageTitle } from "@/components/page-title";
import { PasskeysCard } from "./_components/passkeys-card";
import { PasswordCard } from "./_components/password-card";
import { SecondFactorCard } from "./_components/second-factor-card";
import { SessionsCard } from "./_components/sessions-card";

export default function AccountPage() {
  return (
    <div className="mx-auto w-full max-w-[900px] pb-8">
      <PageTitle title="Security" />
      <div className="flex flex-col gap-4 px-4 pt-2">
        <SecondFactorCard />
        <PasskeysCard />
        <PasswordCard />
        <SessionsCard />
      </div>
    </div>
  );
}
