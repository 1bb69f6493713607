"use client";

import { useEffect, useSyncExternalStore } from "react";
import { storageChanges, subscribeStorage } from "../ui/device-storage";
import { NOT_READ, readOn, readSlot } from "./lesson-progress";
import styles from "./read-mark.module.css";

/** Notes that a lesson was read once its end has been on the screen; the reader can say otherwise. */
export function ReadMark({ lesson }: { lesson: string }) {
  const changes = useSyncExternalStore(subscribeStorage, storageChanges, () => -1);
  const date = changes < 0 ? undefined : readOn(lesson);

  useEffect(() => {
    const end = document.getElementById("recap");
    if (!end || readSlot(lesson).read() !== undefined) return;
    const watcher = new IntersectionObserver((seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      watcher.disconnect();
      if (readSlot(lesson).read() === undefined) readSlot(lesson).write(new Date().toISOString());
    });
    watcher.observe(end);
    return () => watcher.disconnect();
  }, [lesson]);

  if (changes < 0) return null;
  return (
    <p className={styles.mark} data-read={date ? "" : undefined}>
      <span>
        {date ? `Read on ${said(date)}, by what this device keeps.` : "Not read yet, by what this device keeps."}
      </span>
      <button type="button" onClick={() => readSlot(lesson).write(date ? NOT_READ : new Date().toISOString())}>
        {date ? "Mark as not read" : "Mark as read"}
      </button>
    </p>
  );
}

/** In one language on every machine, as the course is: 23 November 2026. */
function said(date: string): string {
  return new Date(date).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
