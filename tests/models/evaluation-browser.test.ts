/**
 * Answers in a real browser, on WebGPU and on plain loops: of small models those that Node gives, of shipped ones those that
 * PyTorch gave (answers.json beside the weights), answer by answer.
 */
import { build } from "esbuild";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Evaluation from "../../lib/evaluation";
import {
  compare,
  evaluate,
  evaluationSplits,
  type AnswerSet,
  type Answering,
  type QuestionSet,
} from "../../lib/evaluation";
import type * as Models from "../../lib/models";
import { loadModel } from "../../lib/models";
import type * as Scenes from "../../lib/scenes";
import type * as Tensors from "../../lib/tensor";
import { launchBrowser } from "../browser";
import { builtAtlas } from "../lib/scenes-atlas";
import { executorNames, openNamed } from "./golden";
import { smallModel, smallModels } from "./small-answering";

/** What the bundle puts on the page. */
declare const engine: typeof Evaluation & typeof Models & typeof Scenes & typeof Tensors;

const ENTRY = ["evaluation", "models", "scenes", "tensor"].map((part) => `export * from "./lib/${part}";`).join("\n");
/** Questions of each split: what is asked of shipped models takes a minute in all on a software adapter. */
const SHIPPED_LIMIT = 6;
const SMALL_LIMIT = 2;

const set = JSON.parse(readFileSync("public/evaluation/questions.json", "utf8")) as QuestionSet;
const shipped = ["eagle", "mllama"].filter((id) => existsSync(`public/models/${id}/answers.json`));

let server: Server;
let base: string;
let browser: Browser;
let page: Page;
const made = new Map<string, Uint8Array>();

beforeAll(async () => {
  await builtAtlas();
  for (const id of smallModels)
    for (const [name, bytes] of smallModel(id)) made.set(`/models/small/${id}/${name}`, bytes);
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "engine",
    platform: "browser",
    target: "es2022",
  });
  made.set("/engine.js", outputFiles[0]!.contents);
  made.set("/", Buffer.from("<!doctype html><title>test</title><script src=/engine.js></script>"));
  server = createServer((request, response) => {
    const path = new URL(request.url!, "http://x").pathname;
    const file = join("public", path);
    const body = made.get(path) ?? (existsSync(file) ? readFileSync(file) : undefined);
    if (!body) return response.writeHead(404).end();
    response.writeHead(200, { "content-length": body.length, ...(path === "/" && { "content-type": "text/html" }) });
    return response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.goto(base);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** The answers of a model to the first questions, in the page. */
function answersInPage(id: string, executor: (typeof executorNames)[number], limit: number): Promise<AnswerSet> {
  return page.evaluate(
    async ({ id, name, limit }) => {
      const file = async (path: string) => new Uint8Array(await (await fetch(path)).arrayBuffer());
      const set = (await (await fetch("/evaluation/questions.json")).json()) as Evaluation.QuestionSet;
      const atlas = await engine.loadAtlas((sprite) => file(`/sprites/${sprite}`));
      const { executor } = await engine.openExecutor({ prefer: name });
      if (executor.name !== name) throw new Error(`expected the ${name} executor, got ${executor.name}`);
      try {
        const model = await engine.loadModel(new URL(`/models/${id}`, location.href).href, { executor });
        if (!engine.isAnswering(model)) throw new Error(`expected a model that answers, got ${model.modelType}`);
        return (await engine.evaluate(model, set, atlas, { limit })).answers;
      } finally {
        executor.dispose();
      }
    },
    { id, name: executor, limit },
  );
}

describe.each(executorNames)("on %s", (name) => {
  test.each(smallModels)("a small %s answers as in Node", async (id) => {
    const executor = await openNamed("reference");
    const model = await loadModel(`${base}/models/small/${id}`, { executor });
    const there = await evaluate(model as Answering, set, await builtAtlas(), { limit: SMALL_LIMIT });
    const here = await answersInPage(`small/${id}`, name, SMALL_LIMIT);
    const { compared, differences } = compare(set, here, there.answers);
    expect(differences).toEqual([]);
    expect(compared).toBe(SMALL_LIMIT * evaluationSplits.length);
    model.dispose();
    executor.dispose();
  });

  for (const id of shipped) {
    test(`${id} answers as PyTorch did`, { timeout: 240_000 }, async () => {
      const there = JSON.parse(readFileSync(`public/models/${id}/answers.json`, "utf8")) as AnswerSet;
      const here = await answersInPage(id, name, SHIPPED_LIMIT);
      const { compared, differences } = compare(set, here, there);
      expect(differences).toEqual([]);
      expect(compared).toBe(SHIPPED_LIMIT * evaluationSplits.length);
    });
  }
});
