/**
 * A reader's path through the first lesson, on WebGPU and without it. One visit each: the tests follow one another on
 * the same page, and each puts back what it changed.
 */
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import {
  accessibilityFindings,
  allCellsFulfilled,
  cellReaches,
  cellStates,
  expectNoComplaints,
  outputOf,
  read,
  rewrite,
  textOf,
  type Reader,
} from "./reader";

const LESSON = "/course/vision-transformers/patches/";
const site = inject("site");

type GoldenScene = { scene: object; answer: string };
const golden = (JSON.parse(readFileSync("tests/fixtures/vit-classifier/scenes.json", "utf8")) as GoldenScene[])[0]!;

const goldenCell = `const golden = await scenes.draw(${JSON.stringify(golden.scene)});
const [best] = await models.classify(vit, golden, { k: 1, signal });
display(\`golden: \${best.label}\`);`;

describe.each([
  ["webgpu", true],
  ["reference", false],
] as const)("the lesson on %s", (executor, webgpu) => {
  let browser: Browser;
  let reader: Reader;
  beforeAll(async () => {
    browser = await launchBrowser({ webgpu });
    reader = await read(browser, site + LESSON);
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const reset of await reader.page.locator("[data-cell]").getByRole("button", { name: "Reset" }).all()) {
      await reset.click();
    }
    await allCellsFulfilled(reader.page);
  });

  test("every cell is fulfilled, the page says what computes, axe finds nothing", async () => {
    const { page } = reader;
    await allCellsFulfilled(page);
    expect(Object.keys(await cellStates(page)).length).toBeGreaterThanOrEqual(6);
    expect(await page.locator("[data-lesson]").getAttribute("data-executor")).toBe(executor);
    expect(await accessibilityFindings(page)).toEqual([]);
    expectNoComplaints(reader);
  });

  test("the top answer for a fixed scene is the golden one", async () => {
    await rewrite(reader.page, '[data-cell="same"]', goldenCell);
    await expect.poll(() => outputOf(reader.page, "same"), { timeout: 60_000 }).toContain(`golden: ${golden.answer}`);
    expectNoComplaints(reader);
  });

  test("an edit reaches the cells that depend on it, and a reset brings the lesson back", async () => {
    const { page } = reader;
    const before = await outputOf(page, "tokens");
    await rewrite(page, '[data-cell="patches"]', "const patch = 63;");
    await page.waitForFunction(
      (old) => document.querySelector<HTMLElement>('[data-cell="tokens"] [data-output]')!.innerText !== old,
      before,
    );
    await cellReaches(page, "tokens", "fulfilled");
    await page.locator('[data-cell="patches"]').getByRole("button", { name: "Reset" }).click();
    await cellReaches(page, "patches", "fulfilled");
    await allCellsFulfilled(page);
    expect(await outputOf(page, "tokens")).toBe(before);
  });

  test("a syntax error names its line, and the next run mends it", async () => {
    const { page } = reader;
    await rewrite(page, '[data-cell="numbers"]', "const a = 1;\nconst b = ;");
    await cellReaches(page, "numbers", "rejected");
    expect(await textOf(page, "numbers")).toMatch(/line 2/);
    await rewrite(page, '[data-cell="numbers"]', "display(6 * 7);");
    await cellReaches(page, "numbers", "fulfilled");
    expect(await outputOf(page, "numbers")).toContain("42");
  });

  test("an endless loop is stopped with a clear error, and the page lives on", async () => {
    const { page } = reader;
    await rewrite(page, '[data-cell="numbers"]', "let n = 0;\nwhile (true) n++;");
    await cellReaches(page, "numbers", "rejected");
    expect(await textOf(page, "numbers")).toMatch(/loop/i);
    expect(await textOf(page, "numbers")).toMatch(/line 2/);
    await rewrite(page, '[data-cell="numbers"]', "display(6 * 7);");
    await cellReaches(page, "numbers", "fulfilled");
  });

  test("a cell that waits for ever can be interrupted, and an edit frees its dependents", async () => {
    const { page } = reader;
    await rewrite(page, '[data-cell="patches"]', "const patch = await new Promise(() => {});");
    await cellReaches(page, "patches", "running");
    await page.locator('[data-cell="patches"]').getByRole("button", { name: "Interrupt" }).click();
    await cellReaches(page, "patches", "interrupted");
    await rewrite(page, '[data-cell="patches"]', "const patch = 5;");
    await cellReaches(page, "patches", "fulfilled");
    await cellReaches(page, "tokens", "fulfilled");
  });

  test("an upstream failure is named in the cells that it stops", async () => {
    const { page } = reader;
    await rewrite(page, '[data-cell="patches"]', 'const patch = (() => { throw new Error("no patch today"); })();');
    await cellReaches(page, "patches", "rejected");
    await cellReaches(page, "tokens", "rejected");
    expect(await textOf(page, "tokens")).toMatch(/because of/);
  });

  test("the exercise: its starter fails with a message, its solution passes", async () => {
    const { page } = reader;
    const exercise = page.locator('[data-exercise="patchify"]');
    expect(await exercise.getAttribute("data-result")).toBe("none");
    for (let tries = 0; tries < 2; tries++) {
      await exercise.getByRole("button", { name: "Check" }).click();
      await page.locator('[data-exercise="patchify"][data-result="fail"]').waitFor();
      await exercise.getByRole("button", { name: "Check" }).waitFor();
    }
    expect(await exercise.innerText()).toMatch(/push a patch for each corner/i);
    await exercise.getByRole("button", { name: "Show solution" }).click();
    await exercise.getByRole("button", { name: "Put it in the editor" }).click();
    await exercise.getByRole("button", { name: "Check" }).click();
    await page.locator('[data-exercise="patchify"][data-result="pass"]').waitFor();
    expect(await accessibilityFindings(page)).toEqual([]);
    expectNoComplaints(reader);
  });
});
