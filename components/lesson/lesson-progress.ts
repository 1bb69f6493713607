/** What a reader has done in a lesson, from what this device keeps. */
import { slot } from "../ui/device-storage";

/** A lesson as the course map knows it: its key, such as "vision-transformers/patches", and its exercises. */
export type LessonParts = { lesson: string; exercises: readonly string[] };

export type Done = {
  read: boolean;
  /** How many of its exercises pass. */
  solved: number;
  /** Read, and every exercise solved. */
  whole: boolean;
};

export const readSlot = (lesson: string) => slot(lesson, "read");

/** When it was read, as an ISO date; undefined: not yet, or the reader said so. */
export function readOn(lesson: string): string | undefined {
  const kept = readSlot(lesson).read();
  return kept === undefined || kept === NOT_READ ? undefined : kept;
}

/** The reader's own word, which the page does not overrule. */
export const NOT_READ = "not yet";

export function done({ lesson, exercises }: LessonParts): Done {
  const read = readOn(lesson) !== undefined;
  const solved = exercises.filter((id) => isSolved(lesson, id)).length;
  return { read, solved, whole: read && solved === exercises.length };
}

/** What components/cells keeps of an exercise, read back. */
function isSolved(lesson: string, exercise: string): boolean {
  try {
    const kept = JSON.parse(slot(lesson, "exercise", exercise).read() ?? "{}") as {
      result?: { status?: string };
      passed?: boolean;
    };
    return kept.passed === true || kept.result?.status === "pass";
  } catch {
    return false; // it holds something else
  }
}
