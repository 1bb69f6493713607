/** A scene is the same bytes in the browser as in Node: the sprites that the site serves, drawn by the bundled generator. */
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as node from "../../lib/scenes";
import { launchBrowser } from "../browser";
import { read } from "./reader";

/** What the bundle puts on the page. */
declare const scenes: typeof node;

const site = inject("site");
const OPTIONS: node.SceneOptions[] = [
  { split: "train", augment: true },
  { split: "heldout" },
  { things: [2, 4], shapes: 2, signs: 1 },
];
const SEEDS = 8;

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser({ webgpu: false })));
afterAll(() => browser.close());

test("scenes of every kind have the same pixels in Node and in the browser", async () => {
  const { outputFiles } = await build({
    stdin: { contents: `export * from "./lib/scenes";`, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "scenes",
    platform: "browser",
  });
  const { page } = await read(browser, `${site}/credits/`);
  await page.addScriptTag({ content: outputFiles[0]!.text });
  const inBrowser = await page.evaluate(
    async ({ options, seeds }) => {
      const atlas = await scenes.loadAtlas(async (file) => {
        const response = await fetch(`/sprites/${file}`);
        return new Uint8Array(await response.arrayBuffer());
      });
      return options.flatMap((option) =>
        Array.from({ length: seeds }, (_, seed) =>
          scenes.picturePrint(scenes.drawScene(scenes.randomScene(seed, option, atlas), atlas)),
        ),
      );
    },
    { options: OPTIONS, seeds: SEEDS },
  );

  const atlas = await node.loadAtlas((file) => readFile(`public/sprites/${file}`));
  const draw = (seed: number, option: node.SceneOptions) =>
    node.picturePrint(node.drawScene(node.randomScene(seed, option, atlas), atlas));
  expect(inBrowser).toEqual(
    OPTIONS.flatMap((option) => Array.from({ length: SEEDS }, (_, seed) => draw(seed, option))),
  );
  expect(new Set(inBrowser).size).toBe(inBrowser.length); // control: another scene has another print
});
