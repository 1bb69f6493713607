/**
 * Cells that run checkpoints of the Hub: they ask first, with the size, download nothing without a yes, and then run.
 * The Hub is played here, with small checkpoints of the same architectures in place of the real files.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../browser";
import { cellReaches, expectNoComplaints, outputOf, read } from "./reader";

const site = inject("site");

type HubCell = {
  lesson: string;
  cell: string;
  repository: string;
  fixtures: string[];
  /** Files that no fixture has. */
  written?: Record<string, string>;
  shows: RegExp;
};

/** Each turn on a line, its picture's place before its text. */
const TEMPLATE = `{% for message in messages %}{{ message.role }}:{% for part in message.content %}{{
  '<image>' if part.type == 'image' else part.text }}{% endfor %}<end_of_utterance>
{% endfor %}assistant:`;

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
  {
    lesson: "/course/vision-transformers/registers/",
    cell: "dinov2",
    repository: "facebook/dinov2-small",
    fixtures: ["dinov2-odd"],
    shows: /2 layers, 24 numbers a token, patches of 5 × 5 pixels/,
  },
  {
    lesson: "/course/vision-transformers/registers/",
    cell: "dinov2registers",
    repository: "facebook/dinov2-with-registers-small",
    fixtures: ["dinov2-registers-odd"],
    shows: /3 registers/,
  },
  {
    lesson: "/course/vision-language-models/a-projector-is-enough/",
    cell: "smolvlm",
    repository: "HuggingFaceTB/SmolVLM-256M-Instruct",
    fixtures: ["smolvlm-odd"],
    written: { "chat_template.json": JSON.stringify({ chat_template: TEMPLATE }) },
    shows: /128 × 128 pixels, becomes \d+ tokens/,
  },
];

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

test.each(cells)("$repository in $lesson", async ({ lesson, cell, repository, fixtures, written, shows }) => {
  // Plain loops: the lesson's other cells, of which this one needs some, would keep a software adapter busy for minutes.
  const reader = await read(browser, `${site}${lesson}?executor=reference`);
  const asked = await playHub(reader.page, repository, fixtures, written);
  const root = reader.page.locator(`[data-cell="${cell}"]`);
  expect(await root.getAttribute("data-run")).toBe("manual");

  await root.getByRole("button", { name: "Run", exact: true }).click({ timeout: 120_000 });
  if (outgrowsHeader(fixtures)) {
    await root.getByRole("button", { name: "Not now" }).click({ timeout: 120_000 });
    await cellReaches(reader.page, cell, "interrupted");
    expect(asked.filter(({ whole, path }) => whole && path.endsWith(".safetensors"))).toEqual([]);

    await root.getByRole("button", { name: "Run", exact: true }).click();
    await root.getByRole("button", { name: /^Download \d+ [kM]?B/ }).click({ timeout: 120_000 });
  }
  await cellReaches(reader.page, cell, "fulfilled", 120_000);
  expect(await outputOf(reader.page, cell)).toMatch(shows);
  expectNoComplaints({ ...reader, complaints: reader.complaints.filter((one) => !one.includes("404")) });
  await reader.close();
});

/** The first request is for the header and comes with 64 KiB; with a file that is smaller, nothing is left to be asked for. */
const outgrowsHeader = (fixtures: string[]) =>
  fixtures.some((one) => {
    const file = `tests/fixtures/${one}/model.safetensors`;
    return existsSync(file) && statSync(file).size > 65_536;
  });

type Asked = { path: string; whole: boolean };

/** Answers for one repository, from fixtures; a file that none has is a 404. -> what was asked for */
async function playHub(
  page: Page,
  repository: string,
  fixtures: string[],
  written: Record<string, string> = {},
): Promise<Asked[]> {
  const asked: Asked[] = [];
  const prefix = `https://huggingface.co/${repository}/resolve/main/`;
  await page.context().route("https://huggingface.co/**", async (route: Route) => {
    const url = route.request().url();
    const path = url.slice(prefix.length);
    const folder = url.startsWith(prefix) && fixtures.find((one) => existsSync(`tests/fixtures/${one}/${path}`));
    const own = url.startsWith(prefix) ? written[path] : undefined;
    const headers = { "access-control-allow-origin": "*", "access-control-expose-headers": "content-range" };
    if (!folder && !own) return route.fulfill({ status: 404, headers, body: "not here" });
    const bytes = folder ? fileOf(folder, path) : Buffer.from(own!);
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
