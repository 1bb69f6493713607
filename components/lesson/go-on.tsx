"use client";

import { useSyncExternalStore } from "react";
import { storageChanges, subscribeStorage } from "../ui/device-storage";
import { nextToRead, readOn } from "./lesson-progress";

export type OfferedLesson = { lesson: string; address: string; title: string; minutes: number };

/** Where to begin; on a device that has read something, where to go on. */
export function GoOn({ lessons }: { lessons: readonly OfferedLesson[] }) {
  const changes = useSyncExternalStore(subscribeStorage, storageChanges, () => -1);
  const begun = changes >= 0 && lessons.some(({ lesson }) => readOn(lesson) !== undefined);
  const next = begun ? nextToRead(lessons) : lessons[0];
  if (!next) return <>You have read all that there is so far.</>;
  return (
    <>
      {begun ? "Go on with" : "Begin with"} <a href={next.address}>{next.title}</a>, {next.minutes} minutes.
    </>
  );
}
