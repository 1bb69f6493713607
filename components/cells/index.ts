/** Live cells and exercises, for a lesson page. */
export { LessonNotebook, useEngine } from "./LessonNotebook";
export { Cell } from "./Cell";
export { Exercise } from "./Exercise";
export { Hint } from "./Hint";
export type { CellProps, ExerciseProps, HintProps, LessonNotebookProps } from "./props";
