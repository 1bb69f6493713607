/**
 * The pictures in outputs that the build shows (see lib/course/outputs.ts), as files of public/outputs, which is served.
 * A command of its own for `npm run dev`; a build calls it.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readCourse, type Course } from "../lib/course";

export const OUTPUT_PICTURES = join("public", "outputs");

export function writeOutputPictures({ lessons }: Course): void {
  rmSync(OUTPUT_PICTURES, { recursive: true, force: true });
  mkdirSync(OUTPUT_PICTURES, { recursive: true });
  for (const { images } of lessons) {
    for (const [name, data] of Object.entries(images))
      writeFileSync(join(OUTPUT_PICTURES, name), Buffer.from(data, "base64"));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  writeOutputPictures(await readCourse({ root: resolve(".") }));
