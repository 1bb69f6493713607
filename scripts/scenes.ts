/**
 * `npm run scenes -- --split train --count 1000 --out DIR`: scenes as arrays that Python maps into memory.
 *
 *   pixels.u8    [count, 128, 128, 3]
 *   labels.u8    [count]       class id of the first thing
 *   patches.i16  [count, 64]   class id in each patch, −1 for ground
 *   styles.u8    [count]       index of the first thing's style
 *   scenes.jsonl               the scenes themselves, a line each, unless they are augmented
 *   meta.json                  names, split, seeds; written last, so that a folder with it is complete
 *
 * Scene i has the seed `from + i`.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import {
  drawWithTruth,
  classOf,
  loadAtlas,
  randomScene,
  SCENE_SIZE,
  splits,
  styles,
  things,
  type Split,
} from "../lib/scenes";
import { buildAtlas } from "./build-atlas";

const PIXELS = SCENE_SIZE * SCENE_SIZE;
const USAGE =
  "usage: npm run scenes -- --split train|test|heldout --count N --out DIR [--from SEED] [--things N or A-B] [--shapes N] [--signs N] [--augment]";

type Options = {
  split: Split;
  count: number;
  out: string;
  from: number;
  things: [number, number];
  shapes: number;
  signs: number;
  augment: boolean;
};

try {
  await write(readOptions());
} catch (error) {
  console.error(`scenes: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      split: { type: "string" },
      count: { type: "string" },
      out: { type: "string" },
      from: { type: "string", default: "0" },
      things: { type: "string", default: "1" },
      shapes: { type: "string", default: "0" },
      signs: { type: "string", default: "0" },
      augment: { type: "boolean", default: false },
    },
  });
  if (!values.out || !values.split || !values.count) throw new Error(`expected --split, --count and --out; ${USAGE}`);
  if (!splits.includes(values.split as Split)) {
    throw new Error(`expected --split to be ${splits.join(", ")}, got ${values.split}`);
  }
  const range = values.things.split("-").map((text) => whole("things", text));
  return {
    split: values.split as Split,
    count: whole("count", values.count),
    out: values.out,
    from: whole("from", values.from),
    things: [range[0]!, range[1] ?? range[0]!],
    shapes: whole("shapes", values.shapes),
    signs: whole("signs", values.signs),
    augment: values.augment,
  };
}

function whole(flag: string, text: string): number {
  if (!/^\d+$/.test(text))
    throw new Error(`expected --${flag} to be a whole number, got ${JSON.stringify(text)}; ${USAGE}`);
  return Number(text);
}

async function write(options: Options): Promise<void> {
  const { count, out, from, augment } = options;
  await buildAtlas({ log: console.error });
  const atlas = await loadAtlas((file) => readFile(path.join("public", "sprites", file)));
  await mkdir(out, { recursive: true });
  await rm(path.join(out, "meta.json"), { force: true });

  const pixels = createWriteStream(path.join(out, "pixels.u8"));
  const lines = augment ? undefined : createWriteStream(path.join(out, "scenes.jsonl"));
  const labels = new Uint8Array(count);
  const styleIds = new Uint8Array(count);
  const patches = new Int16Array(count * 64);
  const started = Date.now();

  for (let i = 0; i < count; i++) {
    const scene = randomScene(from + i, options, atlas);
    const { picture, truth } = drawWithTruth(scene, atlas);
    const first = scene.items.find((item) => item.kind === "thing");
    labels[i] = first ? classOf(first.thing) : 255;
    styleIds[i] = first ? styles.findIndex(({ name }) => name === first.style) : 255;
    patches.set(truth.patches, i * 64);
    lines?.write(`${JSON.stringify(scene)}\n`);
    if (!pixels.write(rgb(picture.data))) await once(pixels, "drain");
    if (i % 1000 === 999) progress(i + 1, count, started);
  }
  for (const stream of lines ? [pixels, lines] : [pixels]) await finished(stream.end());
  await writeFile(path.join(out, "labels.u8"), labels);
  await writeFile(path.join(out, "styles.u8"), styleIds);
  await writeFile(path.join(out, "patches.i16"), new Uint8Array(patches.buffer));
  const meta = {
    ...options,
    out: undefined,
    size: SCENE_SIZE,
    things: things.map(({ name }) => name),
    styles: styles.map(({ name }) => name),
    thingsPerScene: options.things,
  };
  await writeFile(path.join(out, "meta.json"), `${JSON.stringify(meta, null, 1)}\n`);
  progress(count, count, started);
  if (process.stderr.isTTY) console.error();
}

function rgb(data: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array(PIXELS * 3);
  for (let i = 0; i < PIXELS; i++) {
    out[i * 3] = data[i * 4]!;
    out[i * 3 + 1] = data[i * 4 + 1]!;
    out[i * 3 + 2] = data[i * 4 + 2]!;
  }
  return out;
}

function progress(done: number, count: number, started: number): void {
  const rate = Math.round((done * 1000) / Math.max(1, Date.now() - started));
  process.stderr.write(
    `${process.stderr.isTTY ? "\r" : ""}${done} of ${count} scenes, ${rate} a second${process.stderr.isTTY ? "" : "\n"}`,
  );
}
