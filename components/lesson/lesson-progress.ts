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

/**
 * Where to go on: after the lesson that was read last, the first that was not read; behind it nothing is left, the first
 * of all that was not read. Undefined when all were.
 * @param lessons in the order of the course
 */
export function nextToRead<L extends Pick<LessonParts, "lesson">>(lessons: readonly L[]): L | undefined {
  const dates = lessons.map(({ lesson }) => readOn(lesson));
  const last = dates.reduce((best, date, i) => (date !== undefined && date >= (dates[best] ?? "") ? i : best), -1);
  const open = lessons.filter((_, i) => dates[i] === undefined);
  return open.find((lesson) => lessons.indexOf(lesson) > last) ?? open[0];
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
