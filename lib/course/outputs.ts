/**
 * What a lesson's cells gave when they were last run for the record: outputs.json beside its index.mdx, written by
 * `npm run render:lessons`. A page shows them until its cells are live, and for good where no script runs.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

const schema = z.object({
  /** What wrote the file. */
  command: z.string(),
  /** By a cell's id. */
  cells: z.record(
    z.string(),
    z.object({
      /** The `sourceHash` of the code that ran: of other code, the output is not shown. */
      source: z.string(),
      /** Pictures in it are called outputs/<name>. */
      html: z.string(),
      /** Its words alone: what a test compares with a run of today. */
      text: z.string(),
    }),
  ),
  /** The pictures, by name, in base64. */
  images: z.record(z.string().regex(/^[0-9a-f]{16}\.webp$/), z.base64()),
});

export type LessonOutputs = z.infer<typeof schema>;
export type CellOutput = { html: string; text: string };

export const OUTPUTS_FILE = "outputs.json";

/** @param lessonFile the lesson's index.mdx. @throws a sentence if the file beside it is not what the command writes. */
export function readOutputs(lessonFile: string): LessonOutputs {
  const path = join(dirname(lessonFile), OUTPUTS_FILE);
  if (!existsSync(path)) return { command: "", cells: {}, images: {} };
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    throw new Error(`${path}: expected what npm run render:lessons writes, got something else; run it again`);
  }
}

/** The output of a cell if it belongs to this code. */
export function outputOf(outputs: LessonOutputs, id: string, source: string): CellOutput | undefined {
  const output = outputs.cells[id];
  if (!output || output.source !== sourceHash(source)) return undefined;
  return { html: output.html.replaceAll('src="outputs/', 'src="/outputs/'), text: output.text };
}

export function sourceHash(source: string): string {
  return createHash("sha256").update(source).digest("hex").slice(0, 16);
}
