/**
 * `npm run bench [-- --json FILE] [--runs N]`: how long the shipped models take on this machine, on each executor, and
 * what a reader of a lesson downloads before its first cell is live. On Linux, WebGPU is a software adapter unless
 * PATCHWORK_GPU=native; the report names it.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { loadModel } from "../lib/models";
import { openExecutor } from "../lib/tensor";
import { launchBrowser } from "../tests/browser";
import { nodeGpu } from "../tests/gpu";
import { buildIfNeeded } from "./build";
import { serveStatic } from "./static-server";

const MODEL = "vit-classifier";
const LESSON = "/course/vision-transformers/patches/";

type Times = { minimum: number; median: number; maximum: number };

const { values } = parseArgs({ options: { json: { type: "string" }, runs: { type: "string", default: "9" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new Error(`bench: expected --runs to be a whole number from 1, got ${values.runs}`);

const report = {
  machine: { platform: process.platform, cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
  models: { [MODEL]: { webgpu: await classification("webgpu"), reference: await classification("reference") } },
  lesson: await firstVisit(),
};
console.log(JSON.stringify(report, null, 2));
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0); // Dawn keeps Node alive

/** One picture, from pixel values to probabilities that are read back. Milliseconds. */
async function classification(name: "webgpu" | "reference") {
  const { executor, note } = await openExecutor({ prefer: name, gpu: name === "webgpu" ? await nodeGpu() : undefined });
  if (executor.name !== name) throw new Error(`bench: expected the ${name} executor, got ${executor.name}: ${note}`);
  const started = performance.now();
  const model = await loadModel(MODEL, { executor, baseUrl: resolve("public/models"), modelType: "vit" });
  const load = performance.now() - started;
  const [height, width] = [model.config.imageSize, model.config.imageSize].flat() as [number, number];
  const data = Uint8ClampedArray.from({ length: height * width * 4 }, (_, i) => (i * 37) % 251);
  const pixelValues = model.preprocess({ width, height, data });
  const forward = async () => {
    const { logits } = await model.forward({ pixelValues });
    await logits.softmax().data();
  };
  await forward(); // compiles the shaders
  return { device: executor.description, load: round(load), forward: await timed(forward) };
}

async function timed(task: () => Promise<void>): Promise<Times> {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    await task();
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { minimum: round(times[0]!), median: round(times[times.length >> 1]!), maximum: round(times.at(-1)!) };
}

/** Bytes of scripts (as gzip would send them) and milliseconds until the lesson's first cell is fulfilled. */
async function firstVisit() {
  await buildIfNeeded();
  const server = await serveStatic("out", 0);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const scripts: Promise<[string, number]>[] = [];
    let open = true;
    page.on("response", (response) => {
      if (open && response.request().resourceType() === "script") {
        scripts.push(response.body().then((body) => [new URL(response.url()).pathname, gzipSync(body).length]));
      }
    });
    const started = performance.now();
    await page.goto(server.url.replace(/\/$/, "") + LESSON);
    await page.locator('[data-cell][data-state="fulfilled"]').first().waitFor({ state: "attached", timeout: 120_000 });
    open = false;
    const first = performance.now() - started;
    const sizes = await Promise.all(scripts);
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll("[data-cell]")].every((cell) => cell.getAttribute("data-state") === "fulfilled"),
      undefined,
      { timeout: 240_000 },
    );
    return {
      scripts: sizes.length,
      gzipBytes: sizes.reduce((sum, [, size]) => sum + size, 0),
      firstCellMilliseconds: round(first),
      allCellsMilliseconds: round(performance.now() - started),
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
