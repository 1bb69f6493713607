/** What is wrong with a file of the course, in one sentence, with the place to look at. */
export type Problem = { file: string; line: number; what: string };

/** One or more problems of the course's content. Its message has one line a problem: `file:line: what`. */
export class CourseError extends Error {
  override name = "CourseError";

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ file, line, what }) => `${file}:${line}: ${what}`).join("\n"));
  }
}

/** "patches, tokens and rows" */
export function list(words: readonly string[], last = "and"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
