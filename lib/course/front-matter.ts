/** The front matter of a lesson: what may stand there, and errors that name the line. */
import matter from "gray-matter";
import { z } from "zod";
import { CourseError } from "./problem";
import { keyProblems } from "./schema-problems";

const frontMatterSchema = z.strictObject({
  title: z.string().min(1),
  /** One sentence: shown under the title, on the map and to search engines. */
  summary: z.string().min(1).max(240),
  minutes: z.number().int().positive(),
  /** Addresses of lessons that come before: "patches", or "attention/softmax" where the name alone is not enough. */
  requires: z.array(z.string()).default([]),
  /** GitHub handles. */
  authors: z.array(z.string()).min(1),
  reviewers: z.array(z.string()).default([]),
  /** Folders of public/models that its cells load. */
  models: z.array(z.string()).default([]),
  /** Keys of content/references.json. */
  sources: z.array(z.string()).default([]),
  draft: z.boolean().default(false),
});

export type FrontMatter = z.infer<typeof frontMatterSchema>;

/** @throws CourseError that names the file and the line of each problem */
export function parseFrontMatter(source: string, file: string): FrontMatter {
  if (!source.startsWith("---")) {
    throw new CourseError([{ file, line: 1, what: "front matter: expected the file to begin with ---, got text" }]);
  }
  let data: unknown;
  try {
    data = matter(source, {}).data; // the empty options keep gray-matter from answering out of its cache
  } catch (error) {
    const { reason, mark } = error as { reason?: string; mark?: { line: number } };
    throw new CourseError([
      {
        file,
        line: (mark?.line ?? 0) + 1,
        what: `front matter: not valid YAML: ${reason ?? (error as Error).message}`,
      },
    ]);
  }
  const parsed = frontMatterSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const known = Object.keys(frontMatterSchema.shape);
  const block = source.split(/^---\s*$/m, 2).join("---");
  throw new CourseError(
    keyProblems(parsed.error, known, (key) => lineOf(block, new RegExp(`^${key}\\s*:`))).map(({ line, what }) => ({
      file,
      line,
      what: `front matter: ${what}`,
    })),
  );
}

function lineOf(text: string, pattern: RegExp): number {
  return Math.max(1, text.split("\n").findIndex((line) => pattern.test(line)) + 1);
}
