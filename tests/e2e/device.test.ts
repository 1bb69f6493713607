/** A GPU that goes away: the lesson opens it again once, and then goes on without it. Each time it says so. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { cellReaches, read, type Reader } from "./reader";

const LESSON = "/course/vision-transformers/patches/";
const site = inject("site");

let browser: Browser;
let reader: Reader;
beforeAll(async () => {
  browser = await launchBrowser();
  reader = await read(browser, "about:blank");
  // The page's own devices, so that the test can take one away.
  await reader.page.addInitScript(() => {
    const devices: GPUDevice[] = [];
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...parameters) {
      const device = await requestDevice.apply(this, parameters);
      devices.push(device);
      return device;
    };
    Object.assign(window, { devices });
  });
});
afterAll(() => browser.close());

const loseDevice = (page: Page) =>
  page.evaluate(() => (window as unknown as { devices: GPUDevice[] }).devices.at(-1)!.destroy());
const executorOf = (page: Page) => page.locator("[data-lesson]").getAttribute("data-executor");

test("a lost device is opened again once, and said; a second loss ends on the plain loops", async () => {
  const { page } = reader;
  const said = page.locator("[data-lesson]").getByRole("status");
  await page.goto(site + LESSON);
  await cellReaches(page, "answer", "fulfilled");
  expect(await executorOf(page)).toBe("webgpu");

  await loseDevice(page);
  await said.getByText("has been opened again").waitFor({ timeout: 60_000 });
  await cellReaches(page, "answer", "fulfilled", 120_000);
  expect(await executorOf(page)).toBe("webgpu");

  await loseDevice(page);
  await said.getByText("lost twice").waitFor({ timeout: 60_000 });
  await cellReaches(page, "answer", "fulfilled", 120_000);
  expect(await executorOf(page)).toBe("reference");
});
