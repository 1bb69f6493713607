/** On the WebGPU path nothing keeps the main thread for longer than 50 ms: a page that computes still scrolls and types. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { keepBusy, longestTasks, tasksOver } from "./main-thread";
import { allCellsFulfilled, cellReaches, read, type Reader } from "./reader";

const LESSON = "/course/vision-transformers/patches/";
const LIMIT = 50; // milliseconds
/** What else a machine does can only make a task longer: one try of three without a long one is proof. */
const RETRY = { retry: 2 };

let browser: Browser;
let reader: Reader | undefined;
beforeAll(async () => {
  browser = await launchBrowser({ webgpu: true });
});
afterAll(() => browser.close());

test("loading the lesson, its model and all of its cells", RETRY, async () => {
  await reader?.close();
  const tasks = await longestTasks(browser, async () => {
    reader = await read(browser, inject("site") + LESSON);
    await allCellsFulfilled(reader.page);
  });
  expect(await reader!.page.locator("[data-lesson]").getAttribute("data-executor")).toBe("webgpu");
  expect(tasksOver(LIMIT, tasks)).toEqual([]);
});

test("the lesson has few canvases: the browser goes through all of them in every frame", async () => {
  const count = await reader!.page.locator("canvas").count();
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(40);
});

test("asking the model again", RETRY, async () => {
  const { page } = reader!;
  const tasks = await longestTasks(browser, async () => {
    await page.locator('[data-cell="answer"]').getByRole("button", { name: "Run" }).click();
    await cellReaches(page, "answer", "fulfilled");
    await allCellsFulfilled(page);
  });
  expect(tasksOver(LIMIT, tasks)).toEqual([]);
});

test("dragging a thing through the scene while every cell follows", RETRY, async () => {
  const { page } = reader!;
  const item = page.locator('[data-cell="scene"] .studio-item').first();
  await item.scrollIntoViewIfNeeded();
  const box = (await item.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const tasks = await longestTasks(browser, async () => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let step = 1; step <= 20; step++) {
      await page.mouse.move(x + 2 * step, y - step);
      await page.waitForTimeout(50);
    }
    await page.mouse.up();
    await allCellsFulfilled(page);
  });
  expect(tasksOver(LIMIT, tasks)).toEqual([]);
});

test("control: a task that is too long is seen", async () => {
  const tasks = await longestTasks(browser, () => keepBusy(reader!.page, 10 * LIMIT));
  expect(tasksOver(LIMIT, tasks)).toHaveLength(1);
});
