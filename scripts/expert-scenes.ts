/**
 * `npx tsx scripts/expert-scenes.ts --split train --count 1000 --out DIR`: scenes of several things for the vision
 * experts and the models that answer questions, with the class of every patch of 8 × 8 pixels and the text of signs.
 *
 *   pixels.u8     [count, 128, 128, 3]
 *   things.u8     [count, 80]       1 for each thing that is on the picture, hidden by half at most
 *   patches8.u8   [count, 256]      what covers most of the patch: a class of meta.json's `classes`
 *   slots.u8      [count, 256]      which letter of the sign's text is in the patch, from 0; 255 for none
 *   captions.txt  a line each: three true captions, with tabs between them
 *   noisy.txt     a line each: a caption of which half are wrong, partial or shuffled
 *   questions.jsonl  a line each: a list of { kind, question, answer, choices? }, two of a kind in train, else one
 *   texts.txt     a line each: what the sign says; empty without a sign
 *   scenes.jsonl  the scenes themselves, a line each
 *   meta.json     names, split, seeds; written last, so that a folder with it is complete
 *
 * One scene in seven shows one thing alone, one in six is for reading, the others are mixed. `--signs` draws for reading
 * instead: a sign in every scene, most with a text that is no word; in train, never one that `isHeldOutText` keeps back.
 * `--pairs heldout` draws scenes with two things that never stand together in training, `--pairs known` the same without.
 * Scene i has the seed `from + i`; its options come from that seed too.
 */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import {
  captionOf,
  classOf,
  drawWithTruth,
  indefinite,
  loadAtlas,
  noisyCaption,
  SCENE_SIZE,
  sceneFacts,
  shapeNames,
  splits,
  styles,
  things,
  type Facts,
  type Item,
  type Scene,
  type SceneTruth,
  type Split,
} from "../lib/scenes";
import { buildAtlas } from "./build-atlas";
import { askedAbout, expertScene, isSign, pairKinds, type SceneKind } from "./expert-scenes/scene";

const PATCH = 8;
const GRID = SCENE_SIZE / PATCH;
const NONE = 255;
const classes = [...things.map(({ name }) => name), ...shapeNames, "sign", "ground"];
const GROUND = classes.length - 1;
const USAGE =
  "usage: npx tsx scripts/expert-scenes.ts --split train|test|heldout --count N --out DIR [--from SEED] [--signs] [--augment] [--pairs heldout|known]";

type Options = SceneKind & { count: number; from: number; out: string };

try {
  await write(readOptions());
} catch (error) {
  console.error(`expert-scenes: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      split: { type: "string", default: "" },
      count: { type: "string", default: "" },
      from: { type: "string", default: "0" },
      out: { type: "string", default: "" },
      signs: { type: "boolean", default: false },
      augment: { type: "boolean", default: false },
      pairs: { type: "string" },
    },
  });
  const { split, count, from, out, signs, augment } = values;
  const pairs = pairKinds.find((kind) => kind === values.pairs);
  if (values.pairs !== undefined && !pairs) {
    throw new Error(`expected --pairs to be ${pairKinds.join(" or ")}, got ${JSON.stringify(values.pairs)}; ${USAGE}`);
  }
  if (!splits.includes(split as Split)) {
    throw new Error(`expected --split to be ${splits.join(", ")}, got ${JSON.stringify(split)}; ${USAGE}`);
  }
  for (const [flag, text] of Object.entries({ count, from })) {
    if (!/^\d+$/.test(text)) {
      throw new Error(`expected --${flag} to be a whole number, got ${JSON.stringify(text)}; ${USAGE}`);
    }
  }
  if (!out) throw new Error(`expected --out to be a folder, got nothing; ${USAGE}`);
  return { split: split as Split, count: Number(count), from: Number(from), out, signs, augment, pairs };
}

async function write(options: Options): Promise<void> {
  const { count, from, out } = options;
  await buildAtlas({ log: console.error });
  const atlas = await loadAtlas((file) => readFile(path.join("public", "sprites", file)));
  await mkdir(out, { recursive: true });
  await rm(path.join(out, "meta.json"), { force: true });

  const stream = (file: string) => createWriteStream(path.join(out, file));
  const files = {
    pixels: stream("pixels.u8"),
    things: stream("things.u8"),
    patches: stream("patches8.u8"),
    slots: stream("slots.u8"),
    captions: stream("captions.txt"),
    noisy: stream("noisy.txt"),
    questions: stream("questions.jsonl"),
    texts: stream("texts.txt"),
    scenes: stream("scenes.jsonl"),
  };
  const started = Date.now();
  for (let i = 0; i < count; i++) {
    const scene = expertScene(from + i, options, atlas);
    const { picture, truth } = drawWithTruth(scene, atlas);
    await put(files.pixels, rgb(picture.data));
    await put(files.things, thingsOf(truth));
    await put(files.patches, patchClasses(scene, truth));
    await put(files.slots, letterSlots(scene, truth));
    const facts = sceneFacts(scene, { picture, truth });
    await put(files.captions, `${captionsOf(facts, from + i)}\n`);
    await put(files.noisy, `${noisyCaption(facts, from + i, { rate: 0.5, split: options.split }).text}\n`);
    await put(files.questions, `${JSON.stringify(askedAbout(facts, from + i, options.split))}\n`);
    await put(files.texts, `${scene.items.find(isSign)?.text ?? ""}\n`);
    await put(files.scenes, `${JSON.stringify(scene)}\n`);
    if (i % 1000 === 999 || i === count - 1) {
      const rate = Math.round(((i + 1) * 1000) / Math.max(1, Date.now() - started));
      console.error(`${i + 1} of ${count} scenes, ${rate} a second`);
    }
  }
  for (const file of Object.values(files)) await finished(file.end());
  const meta = {
    ...options,
    out: undefined,
    size: SCENE_SIZE,
    patch: PATCH,
    things: things.map(({ name }) => name),
    classes,
    styles: styles.map(({ name }) => name),
    prompts: things.map(({ name }) => `a picture of ${indefinite(name)}.`), // as captions say it
  };
  await writeFile(path.join(out, "meta.json"), `${JSON.stringify(meta, null, 1)}\n`);
}

async function put(file: WriteStream, what: Uint8Array | string): Promise<void> {
  if (!file.write(what)) await once(file, "drain");
}

function captionsOf(facts: Facts, seed: number): string {
  return [0, 1, 2].map((k) => captionOf(facts, seed * 3 + k)).join("\t");
}

function thingsOf(truth: SceneTruth): Uint8Array {
  const present = new Uint8Array(things.length);
  for (const { item, visible } of truth.items) {
    if (item.kind === "thing" && visible >= 0.5) present[classOf(item.thing)] = 1;
  }
  return present;
}

function classId(item: Item): number {
  if (item.kind === "thing") return classOf(item.thing);
  return item.kind === "shape" ? things.length + shapeNames.indexOf(item.shape) : GROUND - 1;
}

/** As lib/scenes does for things: what covers most, at least a quarter. */
function patchClasses(scene: Scene, { owner }: SceneTruth): Uint8Array {
  const ids = scene.items.map(classId);
  return perPatch((pixel) => (owner[pixel]! < 0 ? NONE : ids[owner[pixel]!]!), (PATCH * PATCH) / 4, GROUND);
}

/** A letter and the gap after it are one column of the sign, six dots wide (lib/scenes/sign.ts). */
function letterSlots(scene: Scene, { owner }: SceneTruth): Uint8Array {
  return perPatch(
    (pixel) => {
      const item = scene.items[owner[pixel]!];
      if (!item || !isSign(item)) return NONE;
      const x = (pixel % SCENE_SIZE) + 0.5 - item.x;
      const y = Math.floor(pixel / SCENE_SIZE) + 0.5 - item.y;
      const turn = ((item.turn ?? 0) * Math.PI) / 180;
      const across = (x * Math.cos(turn) + y * Math.sin(turn)) / item.size + 0.5; // 0 to 1 along the board
      const slot = Math.floor((across * (item.text.length * 6 + 3) - 2) / 6);
      return slot >= 0 && slot < item.text.length ? slot : NONE;
    },
    (PATCH * PATCH) / 4,
    NONE,
  );
}

/** For each patch the value that most of its pixels have, if that is as many as `least`, and not NONE. */
function perPatch(of: (pixel: number) => number, least: number, otherwise: number): Uint8Array {
  const out = new Uint8Array(GRID * GRID).fill(otherwise);
  const counts = new Uint16Array(256);
  for (let patch = 0; patch < out.length; patch++) {
    counts.fill(0);
    const first = Math.floor(patch / GRID) * PATCH * SCENE_SIZE + (patch % GRID) * PATCH;
    for (let i = 0; i < PATCH * PATCH; i++) counts[of(first + Math.floor(i / PATCH) * SCENE_SIZE + (i % PATCH))]!++;
    let most = least;
    for (let value = 0; value < NONE; value++) {
      if (counts[value]! < most) continue;
      out[patch] = value;
      most = counts[value]! + 1;
    }
  }
  return out;
}

function rgb(data: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    out[to++] = data[from]!;
    out[to++] = data[from + 1]!;
    out[to++] = data[from + 2]!;
  }
  return out;
}
