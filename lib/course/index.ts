/** Reads content/: the order of the course, its lessons compiled, everything in them checked. Runs in Node, at build. */
export { answeringModels, type AnsweringModel } from "./answering-models";
export { readCourse, type Course, type CourseModule, type CourseOptions, type Lesson } from "./course";
export { compileLesson, type CompiledLesson, type CompileOptions, type LessonListing } from "./compile-lesson";
export type { LessonCell, LessonExercise } from "./lesson-code";
export { listingKey, type Heading } from "./lesson-plugin";
export { terms } from "./lesson-components";
export { CourseError, type Problem } from "./problem";
export { OUTPUTS_FILE, sourceHash, type CellOutput, type LessonOutputs } from "./outputs";
export { authorsInFull, authorsInShort, yearOf, type Reference } from "./references";
export { renderLesson, type LessonComponents } from "./render-lesson";
export { parseNotice, type NoticeSection, type NoticeWork } from "./notice";
