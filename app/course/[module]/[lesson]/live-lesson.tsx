"use client";

import type { ReactNode } from "react";
import { LessonNotebook } from "../../../../components/cells";

/** What lib/ may not import: drawings and the studio, loaded when the first cell asks. */
const builtins = {
  figures: () => import("../../../../components/figures"),
  studio: () => import("../../../../components/studio"),
};

export function LiveLesson({ lesson, children }: { lesson: string; children: ReactNode }) {
  return (
    <LessonNotebook lesson={lesson} builtins={builtins}>
      {children}
    </LessonNotebook>
  );
}
