"use client";
import dynamic from "next/dynamic";
import { SkeletonRows } from "@/components/ui/skeleton";
import { useQuery } from "@/lib/url";
import { ChangeList } from "./_components/change-list";

const ChangePage = dynamic(() => import("./_components/change-page").then((m) => m.ChangePage), {
  ssr: false,
  loading: () => <SkeletonRows label="Loading the change request" />,
});

/** Change requests, or the one that the address names. */
export default function ChangesPage() {
  const id = useQuery().read("id");
  return id ? <ChangePage key={id} id={id} /> : <ChangeList />;
}
