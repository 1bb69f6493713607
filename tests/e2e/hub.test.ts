/**
 * Cells that run checkpoints of the Hub: they ask first, with the size, download nothing without a yes, and then run.
 * The Hub is played here, with small checkpoints of the same architectures in place of the real files.
 */
import { existsSync, readFileSync } from "node:fs";
import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { cellReaches, expectNoComplaints, outputOf, read } from "./reader";

const site = inject("site");

type HubCell = { lesson: string; cell: string; repository: string; fixtures: string[]; shows: RegExp };
const cells: HubCell[] = [
  {
    lesson: "/course/vision-transformers/patches/",
    cell: "photo",
    repository: "WinKawaks/vit-tiny-patch16-224",
    fixtures: ["vit-odd"],
    shows: /2 layers, 36 numbers a token, 7 kinds of things/,
  },
  {
    lesson: "/course/language-decoders/tokens/",
    cell: "larger",
    repository: "HuggingFaceTB/SmolLM2-135M-Instruct",
    fixtures: ["smollm-like"],
    shows: /tokens in its vocabulary; your question is \d+ of them/,
  },
  {
    lesson: "/course/pictures-and-words/contrastive-learning/",
    cell: "siglip",
    repository: "google/siglip-base-patch16-224",
    fixtures: ["siglip-odd", "tokenizer-siglip"],
    shows: /a bicycle/,
  },
];

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

test.each(cells)("$repository in $lesson", async ({ lesson, cell, repository, fixtures, shows }) => {
  const reader = await read(browser, site + lesson);
  const asked = await playHub(reader.page, repository, fixtures);
  const root = reader.page.locator(`[data-cell="${cell}"]`);
  expect(await root.getAttribute("data-run")).toBe("manual");

  await root.getByRole("button", { name: "Run", exact: true }).click({ timeout: 120_000 });
  await root.getByRole("button", { name: "Not now" }).click({ timeout: 120_000 });
  await cellReaches(reader.page, cell, "interrupted");
  expect(asked.filter(({ whole, path }) => whole && path.endsWith(".safetensors"))).toEqual([]);

  await root.getByRole("button", { name: "Run", exact: true }).click();
  await root.getByRole("button", { name: /^Download \d+ [kM]?B/ }).click({ timeout: 120_000 });
  await cellReaches(reader.page, cell, "fulfilled", 120_000);
  expect(await outputOf(reader.page, cell)).toMatch(shows);
  expectNoComplaints({ ...reader, complaints: reader.complaints.filter((one) => !one.includes("404")) });
  await reader.close();
});

type Asked = { path: string; whole: boolean };

/** Answers for one repository, from fixtures; a file that none has is a 404. -> what was asked for */
async function playHub(page: Page, repository: string, fixtures: string[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  const prefix = `https://huggingface.co/${repository}/resolve/main/`;
  await page.context().route("https://huggingface.co/**", async (route: Route) => {
    const url = route.request().url();
    const path = url.slice(prefix.length);
    const folder = url.startsWith(prefix) && fixtures.find((one) => existsSync(`tests/fixtures/${one}/${path}`));
    const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "content-range" };
    if (!folder) return route.fulfill({ status: 404, headers, body: "not here" });
    const bytes = fileOf(folder, path);
    const range = /bytes=(\d+)-(\d*)/.exec(route.request().headers().range ?? "");
    const [from, to] = range
      ? [Number(range[1]), Math.min(Number(range[2] || bytes.length) + 1, bytes.length)]
      : [0, bytes.length];
    asked.push({ path, whole: to === bytes.length });
    const partial = range && { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` };
    await route.fulfill({
      status: range ? 206 : 200,
      headers: { ...headers, ...partial },
      body: bytes.subarray(from, to),
    });
  });
  return asked;
}

/** A tokenizer made for a larger model keeps as many tokens as this one knows. */
function fileOf(folder: string, path: string): Buffer {
  const bytes = readFileSync(`tests/fixtures/${folder}/${path}`);
  if (`${folder}/${path}` !== "tokenizer-siglip/tokenizer.json") return bytes;
  const json = JSON.parse(bytes.toString()) as { model: { vocab: unknown[] } };
  json.model.vocab.length = 61; // siglip-odd's vocab_size
  return Buffer.from(JSON.stringify(json));
}
