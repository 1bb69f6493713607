/**
 * Transformers.js beside our engine, in the lesson on the block: it asks before it downloads its runtime, takes nothing
 * from another site, reads the same file of weights, and gives the same logits.
 */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { accessibilityFindings, cellReaches, expectNoComplaints, outputOf, read } from "./reader";

const site = inject("site");
const LESSON = `${site}/course/vision-transformers/the-block/`;
const PLAIN_LOOPS = `${LESSON}?executor=reference`;
const PATIENCE = 200_000; // milliseconds: a software GPU computes all other cells of the lesson at the same time
const LONG = { timeout: 600_000 };

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

/** What the page asks for from now on, as "GET address". */
function requestsOf(page: Page): string[] {
  const asked: string[] = [];
  page.context().on("request", (request) => void asked.push(`${request.method()} ${request.url()}`));
  return asked;
}

async function run(page: Page, cell: string): Promise<void> {
  await page
    .locator(`[data-cell="${cell}"]`)
    .getByRole("button", { name: "Run", exact: true })
    .click({ timeout: PATIENCE });
}

async function answer(page: Page, words: RegExp | string): Promise<void> {
  await page.locator('[data-cell="other"]').getByRole("button", { name: words }).click({ timeout: PATIENCE });
}

/** Both cells, up to the comparison. -> what it shows, and the largest difference between logits */
async function compare(page: Page): Promise<{ shown: string; apart: number }> {
  await cellReaches(page, "other", "fulfilled", PATIENCE);
  await run(page, "beside");
  await cellReaches(page, "beside", "fulfilled", PATIENCE);
  const shown = await outputOf(page, "beside");
  return { shown, apart: Number(/Largest difference between the 80 logits: (\S+)/.exec(shown)?.[1]) };
}

test("asks, computes what our engine computes, and is kept for the next visit", LONG, async () => {
  const reader = await read(browser, LESSON);
  const { page } = reader;
  const asked = requestsOf(page);
  const runtimes = () => asked.filter((one) => one.startsWith("GET") && one.includes(".wasm"));

  await run(page, "other");
  await answer(page, "Not now");
  await cellReaches(page, "other", "interrupted");
  expect(runtimes()).toEqual([]);

  await run(page, "other");
  await answer(page, /^Download 14\.\d MB/);
  const { shown, apart } = await compare(page);
  expect(await outputOf(page, "other")).toMatch(
    /14\.\d\d MB: ONNX Runtime\s+0\.06 MB: the graph\s+2\.23 MB: the weights/,
  );
  expect(apart).toBeLessThan(1e-4);
  expect(shown.match(/\bcat\b/g)).toHaveLength(2); // both answers
  expect(shown).toMatch(/Our engine shows \d\d+ values on the way\. The graph gives: logits\./);

  expect(runtimes()).toHaveLength(1);
  expect(asked.filter((one) => !one.includes(` ${site}/`) && !one.includes(" blob:"))).toEqual([]);
  expect(asked.filter((one) => one.startsWith("GET") && one.includes("/onnx/"))).toEqual([]); // no copy of the weights
  expect(await accessibilityFindings(page)).toEqual([]);
  expectNoComplaints(reader);

  const again = await page.context().newPage();
  await again.goto(PLAIN_LOOPS);
  await run(again, "other"); // and nobody answers a question
  const { shown: onPlainLoops, apart: thenApart } = await compare(again);
  expect(onPlainLoops).toContain("our engine, plain loops");
  expect(thenApart).toBeLessThan(1e-4);
  expect(runtimes()).toHaveLength(1);
  await reader.close();
});

test("control: other weights for Transformers.js alone are seen", LONG, async () => {
  const { page, close } = await read(browser, "about:blank");
  const wrong = readFileSync("public/models/vit-classifier/model.safetensors");
  wrong.fill(0, wrong.length - 256); // vit.layernorm.weight
  await page.route("**/vit-classifier/model.safetensors", (route) =>
    route.request().headers().range ? route.continue() : route.fulfill({ body: wrong }),
  ); // our engine asks for parts
  await page.goto(PLAIN_LOOPS);
  await run(page, "other");
  await answer(page, /^Download/);
  expect((await compare(page)).apart).toBeGreaterThan(0.1);
  await close();
});
