/** A reader in a browser: a page that watches for errors, and the questions that the tests ask of a lesson. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type Axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(resolve("node_modules/axe-core/axe.min.js"), "utf8");

export type Reader = {
  page: Page;
  /** What the console and the page complained about so far. */
  complaints: string[];
  close(): Promise<void>;
};

/** Opens an address in a context of its own (nothing stored), with the given screen. */
export async function read(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Reader> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`page: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** Every cell of the page and its state, in reading order. */
export function cellStates(page: Page): Promise<Record<string, string>> {
  return page
    .locator("[data-cell]")
    .evaluateAll(
      (cells) =>
        Object.fromEntries(
          cells.map((cell) => [cell.getAttribute("data-cell"), cell.getAttribute("data-state")]),
        ) as Record<string, string>,
    );
}

/** Waits until a cell is in a state, and says what the cell shows if it does not get there. */
export async function cellReaches(page: Page, id: string, state: string, timeout = 60_000): Promise<void> {
  const cell = page.locator(`[data-cell="${id}"]`);
  try {
    await page.locator(`[data-cell="${id}"][data-state="${state}"]`).waitFor({ state: "attached", timeout });
  } catch {
    throw new Error(
      `cell ${id}: expected ${state}, got ${await cell.getAttribute("data-state")}: ${await cell.innerText()}`,
    );
  }
}

/** Waits for every cell but those that run only when the reader asks. */
export async function allCellsFulfilled(page: Page, timeout = 120_000): Promise<void> {
  const manual = await page.locator('[data-cell][data-run="manual"]').evaluateAll(namesOf);
  for (const id of Object.keys(await cellStates(page))) {
    if (!manual.includes(id)) await cellReaches(page, id, "fulfilled", timeout);
  }
}

const namesOf = (cells: Element[]) => cells.map((cell) => cell.getAttribute("data-cell")!);

/** Axe's findings for WCAG 2.2 AA and its best practices, as sentences. Empty is what we want. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((node) => node.target.join(" ")).join("; ")})`);
  });
}

/** Fails if the page complained about anything. */
export function expectNoComplaints(reader: Reader): void {
  expect(reader.complaints).toEqual([]);
}

/** Replaces a cell's or an exercise's code, with the keyboard, and runs it. */
export async function rewrite(page: Page, where: string, code: string): Promise<void> {
  const root = page.locator(where);
  await root.getByRole("button", { name: "Edit", exact: true }).click();
  const editor = root.locator(".cm-content");
  await editor.waitFor();
  await editor.press("ControlOrMeta+a");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(code);
  await page.keyboard.press("ControlOrMeta+Enter");
}

/** All that a cell shows: its state in words, its code, its error, its output. */
export function textOf(page: Page, id: string): Promise<string> {
  return page.locator(`[data-cell="${id}"]`).innerText();
}

/** What a cell shows below its code. */
export function outputOf(page: Page, id: string): Promise<string> {
  return page.locator(`[data-cell="${id}"] [data-output]`).innerText();
}
