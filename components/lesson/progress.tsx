"use client";

import { useSyncExternalStore } from "react";
import { storageChanges, subscribeStorage } from "../ui/device-storage";
import { done, type LessonParts } from "./lesson-progress";

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Whether a lesson was read on this device, and how many of its exercises were solved, after its other facts. */
export function LessonProgress({ lesson, exercises }: LessonParts) {
  useSyncExternalStore(subscribeStorage, storageChanges, () => -1);
  const hydrated = useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
  if (!hydrated) return null;
  const { read, solved, whole } = done({ lesson, exercises });
  const words = [
    read ? "read" : "",
    solved === 0 ? "" : solved === exercises.length ? "solved" : `${solved} of ${exercises.length} solved`,
  ].filter(Boolean);
  if (words.length === 0) return null;
  return (
    <>
      {". "}
      <b data-progress={whole ? "whole" : "part"}>{capital(words.join(", "))}</b>
    </>
  );
}
