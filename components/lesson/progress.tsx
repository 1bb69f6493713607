"use client";

import { useSyncExternalStore } from "react";

/** How many of a lesson's exercises were solved on this device: what components/cells keeps of them, read back. */
export function LessonProgress({ lesson, exercises }: { lesson: string; exercises: readonly string[] }) {
  const count = useSyncExternalStore(
    () => () => {},
    () => exercises.filter((id) => isSolved(lesson, id)).length,
    () => 0,
  );
  if (count === 0) return null;
  return <>{count === exercises.length ? ", solved" : `, ${count} of ${exercises.length} solved`}</>;
}

function isSolved(lesson: string, exercise: string): boolean {
  try {
    const kept = JSON.parse(localStorage.getItem(`patchwork:${lesson}:exercise:${exercise}`) ?? "{}") as {
      result?: { status?: string };
    };
    return kept.result?.status === "pass";
  } catch {
    return false; // storage is forbidden, or holds something else
  }
}
