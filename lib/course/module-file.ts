/** content/NN-module/module.json: what a module is called, and which of its lessons are still to be written. */
import { z } from "zod";
import { CourseError } from "./problem";
import { keyProblems } from "./schema-problems";

const moduleSchema = z.strictObject({
  title: z.string().min(1),
  summary: z.string().min(1),
  /** The kind of thing that the module is about; gives it its colour. */
  colour: z.enum(["patch", "token", "query", "key", "value"]),
  /** Addresses of modules that come before. */
  requires: z.array(z.string()).default([]),
  /** Titles of lessons that do not exist yet, in order. */
  planned: z.array(z.string()).default([]),
});

export type ModuleFile = z.infer<typeof moduleSchema>;

/** @throws CourseError that names the file and the line of each problem */
export function parseModule(source: string, file: string): ModuleFile {
  let data: unknown;
  try {
    data = JSON.parse(source);
  } catch (error) {
    throw new CourseError([{ file, line: 1, what: `module: not valid JSON: ${(error as Error).message}` }]);
  }
  const parsed = moduleSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const lines = source.split("\n");
  const lineOf = (key: string) => Math.max(1, lines.findIndex((line) => line.includes(`"${key}"`)) + 1);
  throw new CourseError(
    keyProblems(parsed.error, Object.keys(moduleSchema.shape), lineOf).map(({ line, what }) => ({
      file,
      line,
      what: `module: ${what}`,
    })),
  );
}
