/** What a reader does with hands and keyboard: drags, uploads, edits, comes back. On the plain loops, which start at once. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { allCellsFulfilled, cellReaches, expectNoComplaints, outputOf, read, rewrite, type Reader } from "./reader";

const LESSON = "/course/vision-transformers/patches/";
const OUTPUTS = "content/04-vision-transformers/01-patches/outputs.json";
const site = inject("site");

let browser: Browser;
let reader: Reader;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser({ webgpu: false });
  reader = await read(browser, site + LESSON);
  page = reader.page;
  await allCellsFulfilled(page);
});
afterAll(() => browser.close());

/** The pixels that the model gets, as text that changes when they do. */
const picture = () =>
  page
    .locator('[data-cell="patches"] canvas')
    .first()
    .evaluate((c) => (c as HTMLCanvasElement).toDataURL());

test("the outputs that the build shows are those of today (else: npm run render:lessons)", async () => {
  const { cells } = JSON.parse(readFileSync(OUTPUTS, "utf8")) as { cells: Record<string, { text: string }> };
  const built = Object.entries(cells).map(([id, { text }]) => [id, text] as const);
  const live = built.map(async ([id]) => [id, (await outputOf(page, id)).replace(/\s+/g, " ").trim()] as const);
  expect(Object.fromEntries(await Promise.all(live))).toEqual(Object.fromEntries(built));
});

test("dragging a thing changes the picture that every cell reads", async () => {
  const before = await picture();
  const item = page.locator('[data-cell="scene"] .studio-item').first();
  await item.scrollIntoViewIfNeeded();
  const box = (await item.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 - 30, { steps: 5 });
  await expect.poll(picture, { timeout: 30_000 }).not.toBe(before); // while it is still held
  const held = await picture();
  await page.mouse.move(box.x + box.width / 2 - 20, box.y + box.height / 2 - 10, { steps: 5 });
  await page.mouse.up();
  await expect.poll(picture, { timeout: 30_000 }).not.toBe(held);
  await allCellsFulfilled(page);
});

test("the keyboard alone moves a thing, adds one and removes it", async () => {
  const before = await picture();
  const items = page.locator('[data-cell="scene"] .studio-item');
  await items.first().focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowLeft");
  await expect.poll(picture, { timeout: 30_000 }).not.toBe(before);
  await page.getByRole("button", { name: "penguin", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => items.count()).toBe(2);
  await items.nth(1).focus();
  await page.keyboard.press("Delete");
  await expect.poll(() => items.count()).toBe(1);
  await allCellsFulfilled(page);
});

test("a picture of the reader's own is read in the page; a file that is none gets a sentence", async () => {
  const before = await picture();
  const file = page.locator('[data-cell="scene"] input[type="file"]');
  await file.setInputFiles("tests/fixtures/images/plain.jpg");
  await expect.poll(picture, { timeout: 30_000 }).not.toBe(before);
  const uploaded = await picture();
  await file.setInputFiles("tests/fixtures/images/text.png");
  await expect
    .poll(() => page.locator('[data-cell="scene"] [role="alert"]').innerText())
    .toMatch(/text\.png: .*expected/);
  expect(await picture()).toBe(uploaded);
  await page.getByRole("button", { name: "Start again" }).click();
  await expect.poll(picture, { timeout: 30_000 }).not.toBe(uploaded);
  await allCellsFulfilled(page);
});

test("the editor lets the keyboard in and out", async () => {
  const cell = page.locator('[data-cell="numbers"]');
  await cell.getByRole("button", { name: "Edit", exact: true }).focus();
  await page.keyboard.press("Enter");
  await cell.locator(".cm-content").waitFor();
  await expect
    .poll(() => cell.locator(".cm-content").evaluate((editor) => editor === document.activeElement))
    .toBe(true);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  expect(await cell.locator(".cm-content").evaluate((editor) => editor.contains(document.activeElement))).toBe(false);
});

test("an output that is wider than the page scrolls with the keyboard; one that fits is no stop on the way", async () => {
  const output = page.locator('[data-cell="numbers"] [data-output]');
  expect(await output.getAttribute("tabindex")).toBeNull();
  const wide = 'const wide = document.createElement("div"); wide.style = "width: 3000px; height: 20px"; display(wide);';
  await rewrite(page, '[data-cell="numbers"]', wide);
  await expect.poll(() => output.getAttribute("tabindex")).toBe("0");
  expect(await output.getAttribute("aria-label")).toMatch(/^Output of /);
  await output.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => output.evaluate((box) => box.scrollLeft)).toBeGreaterThan(0);
  await page.locator('[data-cell="numbers"]').getByRole("button", { name: "Reset" }).click();
  await expect.poll(() => output.getAttribute("tabindex")).toBeNull();
});

test("an edit is kept on this device, and a second visit takes the weights from the browser's cache", async () => {
  await rewrite(page, '[data-cell="numbers"]', "display(1234 * 2);");
  await cellReaches(page, "numbers", "fulfilled");
  const downloads: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("model.safetensors") && request.method() === "GET") downloads.push(request.url());
  });
  await page.reload();
  await allCellsFulfilled(page);
  expect(await outputOf(page, "numbers")).toContain("2468");
  expect(downloads).toEqual([]);
  await page.locator('[data-cell="numbers"]').getByRole("button", { name: "Reset" }).click();
  await expect.poll(() => outputOf(page, "numbers")).not.toContain("2468");
  await cellReaches(page, "numbers", "fulfilled");
});

test("nothing complained", () => expectNoComplaints(reader));
