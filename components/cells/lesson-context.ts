"use client";
import { createContext, useContext } from "react";
import type { Session } from "./session";

export type Lesson = {
  session: Session;
  /** Says something to screen readers: for what the reader has started, not for every change on the page. */
  announce: (message: string) => void;
};

export const LessonContext = createContext<Lesson | undefined>(undefined);

export function useLesson(): Lesson {
  const lesson = useContext(LessonContext);
  if (!lesson) throw new Error("a cell or an exercise: expected to be inside <LessonNotebook>, is not");
  return lesson;
}
