/**
 * `npm run scenes -- --split train --count 1000 --out DIR`: scenes as arrays that Python maps into memory.
 *
 *   pixels.u8    [count, 128, 128, 3]
 *   labels.u8    [count]       class id of the first thing
 *   patches.i16  [count, 64]   class id in each patch, −1 for ground
 *   styles.u8    [count]       index of the first thing's style
 *   scenes.jsonl               the scenes themselves, a line each, unless they are augmented
 *   captions.jsonl             with --captions: { scene, caption, noisy, noise }, a line a scene
 *   questions.jsonl            with --questions: { scene, kind, question, answer, choices?, hard?, items }, a line a question
 *   meta.json                  names, split, seeds; written last, so that a folder with it is complete
 *
 * Scene i has the seed `from + i`; `scene` in a line is i. --mixed draws scenes that have something for every kind of question.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import {
  captionOf,
  drawWithTruth,
  classOf,
  loadAtlas,
  mixedScene,
  noisyCaption,
  questionsOf,
  randomScene,
  sceneFacts,
  SCENE_SIZE,
  splits,
  styles,
  things,
  type Facts,
  type Split,
} from "../lib/scenes";
import { buildAtlas } from "./build-atlas";

const PIXELS = SCENE_SIZE * SCENE_SIZE;
const USAGE =
  "usage: npm run scenes -- --split train|test|heldout --count N --out DIR [--from SEED] [--things N or A-B] [--shapes N] [--signs N] [--augment] " +
  "[--mixed [--pairs any|heldout]] [--captions [--noise RATE]] [--questions [--per-kind N]]";

type Options = {
  split: Split;
  count: number;
  out: string;
  from: number;
  things: [number, number];
  shapes: number;
  signs: number;
  augment: boolean;
  mixed: boolean;
  pairs: "any" | "heldout";
  captions: boolean;
  noise: number;
  questions: boolean;
  perKind: number;
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
      mixed: { type: "boolean", default: false },
      pairs: { type: "string", default: "any" },
      captions: { type: "boolean", default: false },
      noise: { type: "string", default: "0.5" },
      questions: { type: "boolean", default: false },
      "per-kind": { type: "string", default: "1" },
    },
  });
  if (!values.out || !values.split || !values.count) throw new Error(`expected --split, --count and --out; ${USAGE}`);
  if (!splits.includes(values.split as Split)) {
    throw new Error(`expected --split to be ${splits.join(", ")}, got ${values.split}`);
  }
  if (values.pairs !== "any" && values.pairs !== "heldout") {
    throw new Error(`expected --pairs to be any or heldout, got ${values.pairs}`);
  }
  if (values.pairs === "heldout" && !values.mixed) throw new Error("expected --pairs heldout together with --mixed");
  const noise = Number(values.noise);
  if (!(noise >= 0 && noise <= 1)) throw new Error(`expected --noise to be from 0 to 1, got ${values.noise}`);
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
    mixed: values.mixed,
    pairs: values.pairs,
    captions: values.captions,
    noise,
    questions: values.questions,
    perKind: whole("per-kind", values["per-kind"]),
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
  const captions = options.captions ? createWriteStream(path.join(out, "captions.jsonl")) : undefined;
  const questions = options.questions ? createWriteStream(path.join(out, "questions.jsonl")) : undefined;
  const labels = new Uint8Array(count);
  const styleIds = new Uint8Array(count);
  const patches = new Int16Array(count * 64);
  const started = Date.now();

  for (let i = 0; i < count; i++) {
    const scene = (options.mixed ? mixedScene : randomScene)(from + i, options, atlas);
    const drawn = drawWithTruth(scene, atlas);
    const { picture, truth } = drawn;
    const first = scene.items.find((item) => item.kind === "thing");
    labels[i] = first ? classOf(first.thing) : 255;
    styleIds[i] = first ? styles.findIndex(({ name }) => name === first.style) : 255;
    patches.set(truth.patches, i * 64);
    lines?.write(`${JSON.stringify(scene)}\n`);
    if (captions || questions) {
      const facts = sceneFacts(scene, drawn);
      captions?.write(captionLine(facts, i, options));
      for (const question of questions ? questionsOf(facts, from + i, options) : []) {
        questions!.write(`${JSON.stringify({ scene: i, ...question })}\n`);
      }
    }
    if (!pixels.write(rgb(picture.data))) await once(pixels, "drain");
    if (i % 1000 === 999) progress(i + 1, count, started);
  }
  for (const stream of [pixels, lines, captions, questions]) if (stream) await finished(stream.end());
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

function captionLine(facts: Facts, i: number, { from, noise, split }: Options): string {
  const { text, noise: done } = noisyCaption(facts, from + i, { rate: noise, split });
  return `${JSON.stringify({ scene: i, caption: captionOf(facts, from + i), noisy: text, noise: done })}\n`;
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
