/** The course, read once per build. In development, every request reads it anew: saving a lesson and reloading shows it. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseNotice, readCourse, type Course, type NoticeSection } from "../lib/course";

const root = process.cwd();
let reading: Promise<Course> | undefined;

export function course(): Promise<Course> {
  if (process.env.NODE_ENV !== "production") reading = undefined;
  return (reading ??= readCourse({ root }));
}

export function notice(): NoticeSection[] {
  return parseNotice(readFileSync(resolve(root, "NOTICE"), "utf8"));
}

/** What scripts/render-home.ts computed, as JSON. */
export function homeSight(): unknown {
  return JSON.parse(readFileSync(resolve(root, ".cache/home.json"), "utf8"));
}
