/** The page about this browser's GPU: its self-test on a real WebGPU, on one that computes wrong, and without any. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { longestTasks, tasksOver } from "./main-thread";
import { accessibilityFindings, expectNoComplaints, read, type Reader } from "./reader";

const address = `${inject("site")}/engine/`;
const LIMIT = 50; // milliseconds of the main thread

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

/** Opens the page; `before` runs in it before any of its scripts. */
async function open(options: BrowserContextOptions = {}, before?: () => void): Promise<Reader> {
  const reader = await read(browser, "about:blank", options);
  if (before) await reader.page.addInitScript(before);
  await reader.page.goto(address);
  return reader;
}

const reaches = (page: Page, state: string) =>
  page.locator(`[data-engine-test="${state}"]`).waitFor({ timeout: 200_000 });
const start = (page: Page) => page.getByRole("button", { name: "Test every kernel" }).click();
const summaryOf = (page: Page) => page.locator("#test ~ div p").first().innerText();
const rowsOf = (page: Page, outcome: string) => page.locator(`tr[data-outcome="${outcome}"]`);

describe("on WebGPU", () => {
  let reader: Reader;
  afterAll(() => reader.close());

  test("the adapter is named, with its features and limits", async () => {
    reader = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = reader;
    await page.locator('[data-engine="found"]').waitFor();
    const told = await page.evaluate(async () => {
      const { info, limits, features } = (await navigator.gpu.requestAdapter())!;
      const mb = limits.maxStorageBufferBindingSize / 2 ** 20;
      return { vendor: info.vendor, mb, has: features.has("timestamp-query") };
    });
    const machine = await page.locator('section[aria-labelledby="machine"]').innerText();
    expect(machine).toContain(told.vendor);
    expect(machine).toContain(told.mb >= 1000 ? `${told.mb / 1024} GB` : `${told.mb} MB`);
    expect(machine).toMatch(new RegExp(`timestamp-query\\s+${told.has ? "yes" : "no"}`));
  });

  test("by keyboard alone: every kernel agrees, and the page stays at hand all the while", async () => {
    const { page } = reader;
    const tasks = await longestTasks(browser, async () => {
      await page.locator("h1").click();
      for (let i = 0; i < 12; i++) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate(() => document.activeElement?.textContent)) === "Test every kernel") break;
      }
      await page.keyboard.press("Enter");
      await reaches(page, "running");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Stop"); // the focus stays
      await reaches(page, "done");
    });
    expect(await summaryOf(page)).toMatch(/^(\d+) of \1 kernels agree\./);
    expect(await rowsOf(page, "agrees").count()).toBeGreaterThan(50);
    expect(await rowsOf(page, "waiting").count()).toBe(0);
    expect(await rowsOf(page, "agrees").first().innerText()).toMatch(/\d (µs|ms)[^]*\d (µs|ms)[^]*agrees/);
    expect(tasksOver(LIMIT, tasks)).toEqual([]);
    expectNoComplaints(reader);
  });

  test("its results please axe and fit on a phone, dark too", async () => {
    const { page } = reader;
    expect(await accessibilityFindings(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await accessibilityFindings(page)).toEqual([]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
  });

  test("the report goes to the clipboard; where that is closed, into a text area", async () => {
    const { page } = reader;
    await page.getByRole("button", { name: "Copy the report" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const report = await page.evaluate(() => navigator.clipboard.readText());
    expect(report).toMatch(/\| Result \| (\d+) of \1 kernels agree/);
    expect(report).toContain("maxStorageBufferBindingSize: ");

    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("refused"));
    });
    await page.getByRole("button", { name: /Cop/ }).click();
    const area = page.getByLabel("Copy the report from here");
    await area.waitFor();
    expect(await area.inputValue()).toBe(report);
    expect(await page.evaluate(() => getSelection()?.toString().length)).toBeGreaterThan(1000);
  });
});

test("a GPU that computes wrong: the kernel comes first, with what came and what to do", async () => {
  const reader = await open({}, () => {
    const create = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      let { code } = descriptor;
      if (descriptor.label === "softmax") code = code.replace("/ total", "* total");
      if (descriptor.label === "rmsNorm") code = code.replace("fn main", "fn man");
      return create.call(this, { ...descriptor, code });
    };
  });
  const { page } = reader;
  await start(page);
  await rowsOf(page, "differs").waitFor({ timeout: 60_000 });
  await rowsOf(page, "failed").waitFor({ timeout: 60_000 });
  const rows = await page.locator("tbody tr[data-outcome]").allInnerTexts();
  expect(rows[0]).toMatch(/^softmax[^]*expected numbers within [^]*got a difference of \d[^]*Copy the report/);
  expect(rows[1]).toMatch(/^rmsNorm[^]*does not compile here/);
  expect(await rowsOf(page, "agrees").count()).toBeGreaterThan(3); // the others go on
  await page.getByRole("button", { name: "Stop" }).click();
  await reaches(page, "stopped");
  expect(await page.locator("#test ~ div").innerText()).toContain("?executor=reference");
  expect(await accessibilityFindings(page)).toEqual([]);
  await reader.close();
});

test("it can be stopped and begun again; a device that is lost has its sentence", async () => {
  const reader = await open({}, () => {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...parameters) {
      const device = await requestDevice.apply(this, parameters);
      Object.assign(window, { device });
      return device;
    };
  });
  const { page } = reader;
  await start(page);
  await rowsOf(page, "agrees").first().waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Stop" }).click();
  await reaches(page, "stopped");
  expect(await summaryOf(page)).toMatch(/^Stopped after \d+ of \d+ tests: (\d+) of \1 kernels agree\.$/);

  await page.getByRole("button", { name: "Test again" }).click();
  await rowsOf(page, "agrees").first().waitFor({ timeout: 60_000 });
  await page.evaluate(() => (window as unknown as { device: GPUDevice }).device.destroy());
  await reaches(page, "lost");
  expect(await summaryOf(page)).toMatch(/^The GPU was lost after \d+ of \d+ tests, during \w+/);
  await page.getByRole("button", { name: "Test again" }).waitFor();
  await reader.close();
});

test("without WebGPU the page says so, and tests the loops alone", async () => {
  const without = await launchBrowser({ webgpu: false });
  const reader = await read(without, address);
  const { page } = reader;
  await page.locator('[data-engine="none"]').waitFor();
  expect(await page.locator('section[aria-labelledby="machine"]').innerText()).toContain("There is no WebGPU here:");
  await start(page);
  await reaches(page, "done");
  expect(await summaryOf(page)).toMatch(/^(\d+) of \1 kernels ran in plain loops\./);
  expect(await rowsOf(page, "ran").count()).toBeGreaterThan(50);
  expect(await accessibilityFindings(page)).toEqual([]);
  expectNoComplaints(reader);
  await reader.close();
  await without.close();
});

test("without JavaScript: every kernel, what it computes and allows, what WebGPU grants; no button that does nothing", async () => {
  const reader = await read(browser, address, { javaScriptEnabled: false });
  const { page } = reader;
  expect(await rowsOf(page, "waiting").count()).toBeGreaterThan(50);
  expect(await page.locator("main").innerText()).toMatch(/128 MB[^]*softmax[^]*scores to shares of 1[^]*e-7/);
  expect(await page.locator("main button:visible").count()).toBe(0);
  await reader.close();
});
