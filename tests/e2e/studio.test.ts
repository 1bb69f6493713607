/** The scene studio as a reader uses it: asks, changes who answers, sends a link; and its small version on the front page. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { accessibilityFindings, expectNoComplaints, read, type Reader } from "./reader";

const site = inject("site");

describe.each([
  ["webgpu", true],
  ["reference", false],
] as const)("the studio on %s", (_, webgpu) => {
  let browser: Browser;
  let reader: Reader;
  beforeAll(async () => {
    browser = await launchBrowser({ webgpu });
    reader = await read(browser, `${site}/studio/`);
    await reader.page.locator('[data-studio="ready"]').waitFor({ timeout: 120_000 });
  });
  afterAll(() => browser.close());

  test("a question about the scene is answered, and compared with the scene", async () => {
    const { page } = reader;
    await page.getByRole("group", { name: "Questions about this scene" }).getByRole("button").first().click();
    const entry = await answered(page);
    expect(await entry.innerText()).toMatch(/Right, by the scene\.|By the scene it is: /);
    await entry.locator("summary").click();
    await entry.locator('[data-figure="top-classes"], [data-figure="topClasses"]').first().waitFor();
    await expect.poll(() => entry.innerText(), { timeout: 120_000 }).toContain("Where it looked");
    expect(await accessibilityFindings(page)).toEqual([]);
    expectNoComplaints(reader);
  });

  // Where a software GPU would take minutes, only the plain loops.
  if (webgpu) return;

  test("with the keyboard alone: words, another stage, other encoders", async () => {
    const { page } = reader;
    await page.getByLabel("Your question").fill("How many stars are there?");
    await page.keyboard.press("Enter");
    expect(await (await answered(page)).innerText()).toContain("eagle, finished");
    const stage = page.getByLabel("Stage of training");
    await stage.selectOption({ index: 1 });
    const name = await stage.inputValue();
    await page.getByLabel("Your question").press("Enter");
    expect(await (await answered(page)).innerText()).toContain(`eagle, ${name}`);
    await stage.selectOption({ index: 0 });
    await page.getByRole("group", { name: "Encoders that look" }).getByLabel("text").press("Space");
    await page.getByLabel("Your question").press("Enter");
    expect(await (await answered(page)).innerText()).toMatch(/only .*clip/);
    expectNoComplaints(reader);
  });

  test("each thing that can be placed shows its own picture", async () => {
    const things = reader.page.getByRole("group", { name: "Things to place" }).getByRole("button");
    const pictures = () =>
      things.evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).backgroundImage));
    const drawn = (all: string[]) => all.filter((image) => image.startsWith('url("data:image/png'));
    await expect.poll(async () => drawn(await pictures()).length, { timeout: 60_000 }).toBe(await things.count());
    const all = await pictures();
    expect(all.length).toBeGreaterThan(50);
    expect(new Set(all).size).toBe(all.length);
  });

  test("its address brings the same scene, question and choice back", async () => {
    const { page } = reader;
    await page.getByRole("button", { name: "Random scene" }).click();
    await page.getByLabel("Your question").fill("What is there?");
    await expect.poll(() => new URL(page.url()).hash.length).toBeGreaterThan(100);
    await page.waitForTimeout(600); // the address follows after a rest
    const other = await read(browser, page.url());
    await other.page.locator('[data-studio="ready"]').waitFor({ timeout: 120_000 });
    expect(await other.page.getByLabel("Your question").inputValue()).toBe("What is there?");
    expect(await other.page.getByLabel("text", { exact: true }).isChecked()).toBe(false);
    expect(await pixels(other.page)).toBe(await pixels(page));
    await other.close();
  });

  test("questions that are asked together are answered one after the other, each as if alone", async () => {
    const { page } = reader;
    const picks = page.getByRole("group", { name: "Questions about this scene" }).getByRole("button");
    const answer = () => page.locator("[data-answer] p[role=status]").innerText();
    const alone: string[] = [];
    for (const i of [0, 1]) {
      await picks.nth(i).click();
      await answered(page);
      alone.push(await answer());
    }
    await picks.nth(0).click();
    await picks.nth(1).click();
    await answered(page);
    expect(await answer()).toBe(alone[1]);
    const before = page.locator("[data-answer]").nth(1);
    expect(await before.getAttribute("data-answer")).toBe("done");
    expect(await before.innerText()).toContain(alone[0]!.trim());
    expectNoComplaints(reader);
  });

  test("what each encoder does for an answer, when asked; a stage with one encoder has nothing to switch", async () => {
    const { page } = reader;
    const entry = page.locator("[data-answer]").first();
    await entry.locator("summary").click();
    await entry.getByRole("button", { name: "Ask again without each of them" }).click();
    const bars = entry.locator('[data-figure="bars"]');
    await bars.waitFor({ timeout: 220_000 });
    expect(await bars.innerText()).toMatch(/as the first token of the answer: with all of them, .*; without clip, /);
    const encoders = page.getByRole("group", { name: "Encoders that look" });
    expect(await encoders.count()).toBe(1);
    await page.getByLabel("Stage of training").selectOption("llava");
    expect(await encoders.count()).toBe(0);
    await page.getByLabel("Your question").press("Enter");
    expect(await (await answered(page)).innerText()).toContain("eagle, llava");
    await page.getByLabel("Stage of training").selectOption({ index: 0 });
    expectNoComplaints(reader);
  });
});

test("the front page has a small one, which opens when it is reached and hands over to the studio", async () => {
  const browser = await launchBrowser({ webgpu: false });
  const reader = await read(browser, `${site}/`);
  const small = reader.page.locator("[data-small-studio]");
  await small.scrollIntoViewIfNeeded();
  await reader.page.locator('[data-small-studio="ready"]').waitFor({ timeout: 120_000 });
  await small.getByRole("group", { name: "Questions about this scene" }).getByRole("button").first().click();
  expect(await (await answered(reader.page)).innerText()).toMatch(/Right, by the scene\.|By the scene it is: /);
  expect(await small.getByRole("link").getAttribute("href")).toMatch(/^\/studio\/#./);
  expectNoComplaints(reader);
  await browser.close();
});

/** The newest question, once its answer has ended. */
async function answered(page: Page) {
  const entry = page.locator("[data-answer]").first();
  await page.locator('[data-answer="asking"]').first().waitFor({ timeout: 10_000 });
  await page.locator('[data-answer="asking"]').first().waitFor({ state: "detached", timeout: 220_000 });
  expect(await entry.getAttribute("data-answer"), await entry.innerText()).toBe("done");
  return entry;
}

/** What the scene looks like, as an address of its bytes. */
function pixels(page: Page): Promise<string> {
  return page
    .locator("[data-studio] canvas")
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}
