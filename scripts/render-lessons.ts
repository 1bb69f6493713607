/**
 * `npm run render:lessons [-- ADDRESS …]`: runs every cell of the lessons in a real browser, on plain loops (which give
 * the same numbers on every machine), and writes what they show to outputs.json beside each lesson's text. To be run
 * after a change of a cell, a figure or a model; `npm test` says when. With `--site http://localhost:3000` it uses the
 * site that `npm run dev` serves there, and builds none.
 */
import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { OUTPUTS_FILE, readCourse, sourceHash, type Lesson, type LessonOutputs } from "../lib/course";
import { launchBrowser } from "../tests/browser";
import { buildIfNeeded } from "./build";
import { renderedOutputs } from "./rendered-output";
import { serveStatic } from "./static-server";

const PATIENCE = 300_000; // milliseconds for all cells of a lesson

const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { site: { type: "string" } } });
const { lessons } = await readCourse({ root: resolve(".") });
const unknown = wanted.filter((address) => !lessons.some((lesson) => lesson.address === address));
if (unknown.length > 0) {
  const known = lessons.map(({ address }) => address).join(", ");
  throw new Error(`render: expected addresses of lessons (${known}), got ${unknown.join(", ")}`);
}

const server = values.site ? undefined : await builtSite();
const site = (values.site ?? server!.url).replace(/\/$/, "");
const browser = await launchBrowser({ webgpu: false });
try {
  for (const lesson of lessons) if (wanted.length === 0 || wanted.includes(lesson.address)) await render(lesson);
} finally {
  await browser.close();
  await server?.close();
}

async function builtSite() {
  await buildIfNeeded();
  return serveStatic("out", 0);
}

async function render(lesson: Lesson): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${site}${lesson.address}?executor=reference`);
  const automatic = lesson.cells.filter(({ run }) => run !== "manual").map(({ id }) => id);
  for (const id of automatic) {
    const cell = page.locator(`[data-cell="${id}"]`);
    await page
      .locator(`[data-cell="${id}"][data-state="fulfilled"]`)
      .waitFor({ state: "attached", timeout: PATIENCE })
      .catch(async () => {
        throw new Error(
          `render: ${lesson.address}: cell ${id}: expected fulfilled, got ${await cell.getAttribute("data-state")}`,
        );
      });
  }
  const rendered = await renderedOutputs(page);
  await page.close();

  const outputs: LessonOutputs = { command: "npm run render:lessons", cells: {}, images: {} };
  for (const { id, source } of lesson.cells) {
    const output = rendered[id];
    if (!output || !automatic.includes(id)) continue;
    outputs.cells[id] = { source: sourceHash(source), html: output.html, text: output.text };
    Object.assign(outputs.images, output.images);
  }
  const path = join(dirname(lesson.file), OUTPUTS_FILE);
  const text = await format(JSON.stringify(outputs), { parser: "json", printWidth: 120 });
  writeFileSync(path, text);
  console.log(`${path}: ${Object.keys(outputs.cells).length} outputs, ${Math.round(text.length / 1000)} kB`);
}
