/** Every page of the built course: its cells run, no complaints, nothing that axe finds, nothing wider than the screen, readable without JavaScript. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { readLink } from "../../components/scene-studio/link";
import { launchBrowser } from "../browser";
import { accessibilityFindings, allCellsFulfilled, expectNoComplaints, outputOf, read } from "./reader";

const LESSON = "/course/vision-transformers/patches/";
const site = inject("site");
const pages = pagesOf("out");

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

/** The addresses of every page in the built site, but not the error pages. */
function pagesOf(folder: string, address = "/"): string[] {
  const inside = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_") && entry.name !== "404")
    .flatMap((entry) => pagesOf(join(folder, entry.name), `${address}${entry.name}/`));
  return existsSync(join(folder, "index.html")) ? [address, ...inside] : inside;
}

test("the course has a home, a map and a lesson", () => {
  expect(pages).toEqual(expect.arrayContaining(["/", "/course/", LESSON]));
});

// Two at a time: while one waits for the GPU, the other reads its files.
describe.concurrent.each(pages)("%s", (address) => {
  test.each([
    ["light, wide", { colorScheme: "light", viewport: { width: 1440, height: 900 } }],
    ["dark, phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
  ] as const)("%s: axe finds nothing, nothing overflows, nothing complains", async (_, options) => {
    const reader = await read(browser, site + address, options);
    await reader.page.waitForLoadState("networkidle");
    if (options.colorScheme === "light") await allCellsFulfilled(reader.page, 180_000); // of a lesson, on WebGPU
    expect(await accessibilityFindings(reader.page)).toEqual([]);
    const { scrollWidth, clientWidth } = await reader.page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    expectNoComplaints(reader);
    await reader.close();
  });
});

test("every link inside the course leads somewhere", async () => {
  const reader = await read(browser, `${site}/`, { javaScriptEnabled: false });
  const broken: string[] = [];
  for (const address of pages) {
    await reader.page.goto(site + address);
    const links = await reader.page
      .locator("a[href]")
      .evaluateAll((anchors) => anchors.map((anchor) => (anchor as HTMLAnchorElement).href));
    for (const link of new Set(links.filter((href) => href.startsWith(site)))) {
      const response = await reader.page.request.get(link);
      const anchor = decodeURIComponent(new URL(link).hash.slice(1));
      if (!response.ok()) broken.push(`${address} → ${link}: ${response.status()}`);
      else if (new URL(link).pathname === "/studio/" && readLink(`#${anchor}`).model) continue;
      else if (anchor && !(await response.text()).includes(`id="${anchor}"`))
        broken.push(`${address} → ${link}: no such anchor`);
    }
  }
  expect(broken).toEqual([]);
  await reader.close();
});

test("formulas are drawn by the style sheet of their own version: what stands above or below a line is smaller", async () => {
  const reader = await read(browser, `${site}/course/attention/queries-keys-and-values/`);
  const sizes = await reader.page.locator(".katex .msupsub .mtight").evaluateAll((parts) => {
    const size = (part: Element) => parseFloat(getComputedStyle(part).fontSize);
    return parts.map((part) => size(part) / size(part.closest(".katex")!));
  });
  expect(sizes.length).toBeGreaterThan(0);
  expect(Math.max(...sizes)).toBeLessThan(0.9);
  await reader.close();
});

test("an address that does not exist gets the course's own page", async () => {
  const reader = await read(browser, `${site}/course/no-such-lesson/`);
  expect(await reader.page.title()).toMatch(/not found/i);
  expect(reader.complaints.filter((complaint) => complaint.startsWith("404"))).toHaveLength(1);
  await reader.close();
});

test("without JavaScript the lesson can be read: prose, code, outputs of the build, and exercise", async () => {
  const reader = await read(browser, site + LESSON, { javaScriptEnabled: false });
  const text = await reader.page.locator("[data-lesson]").innerText();
  expect(text.split(/\s+/).length).toBeGreaterThan(600);
  expect(await reader.page.locator("[data-cell] pre").count()).toBeGreaterThanOrEqual(6);
  expect(await reader.page.locator("[data-exercise] pre").first().innerText()).toContain("function patchify");
  expect(await reader.page.locator('[data-cell]:not([data-state="static"])').count()).toBe(0);
  expect(await outputOf(reader.page, "answer")).toMatch(/^The answer is cat/m);
  const picture = reader.page.locator('[data-cell="patches"] [data-output] img').first();
  await picture.scrollIntoViewIfNeeded();
  await expect.poll(() => picture.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(128);
  await reader.close();
});
