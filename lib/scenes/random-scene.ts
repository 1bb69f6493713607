/**
 * Random scenes from a seed. The splits of one seed share nothing: each draws from a stream of its own. `train` never
 * shows the held-out style, nor two things that form a held-out pair.
 */
import type { Atlas } from "./atlas";
import { hash32, random, type Random } from "./random";
import { randomAppearance } from "./random-appearance";
import {
  classOf,
  SCENE_SIZE,
  shapeColours,
  shapeNames,
  type ColourName,
  type Ground,
  type Item,
  type Rgb,
  type Scene,
  type ThingItem,
} from "./scene";
import { heldOutStyle, styleNamed, trainingStyles, type StyleName } from "./styles";
import { things } from "./things";

export const splits = ["train", "test", "heldout"] as const;
export type Split = (typeof splits)[number];

export type SceneOptions = {
  /** `test` (the default): unseen scenes in the training styles; `heldout`: unseen scenes in the style never trained on. */
  split?: Split;
  /** How many things; a pair is from, to. 1 by default. */
  things?: number | readonly [number, number];
  /** Choose from these; by default those of the split. */
  styles?: readonly StyleName[];
  /** One style for the whole scene. */
  style?: StyleName;
  /** Choose from these things; by default all. */
  names?: readonly string[];
  /** How many shapes and signs besides. None by default. */
  shapes?: number;
  signs?: number;
  /** Give the drawings another hand: for training. */
  augment?: boolean;
};

/** What the generator asks of an atlas: which style draws what. Without one, every style is taken to draw everything. */
export type Draws = Pick<Atlas, "has">;

const colours = Object.keys(shapeColours) as ColourName[];
const words = ["STOP", "EXIT", "OPEN", "SALE", "TAXI", "ZOO", "CAFE", "BUS", "FREE", "KEEP", "LEFT", "SLOW"];

/** A scene from a seed (an integer from 0) and options. The same seed and options give the same scene. */
export function randomScene(seed: number, options: SceneOptions = {}, atlas?: Draws): Scene {
  const split = options.split ?? "test";
  if (!splits.includes(split)) {
    throw new Error(`randomScene: expected a split of ${splits.join(", ")}, got ${JSON.stringify(split)}`);
  }
  const r = random(seed, splits.indexOf(split) + 1);
  const ground = randomGround(r);
  const names = chooseThings(r, countOf(r, options.things ?? 1), options.names, split);
  const items: Item[] = [];
  for (const name of names) items.push(randomThing(r, name, { ...options, split }, ground, items, names.length, atlas));
  for (let i = 0; i < (options.shapes ?? 0); i++) items.push(randomShape(r, items));
  for (let i = 0; i < (options.signs ?? 0); i++) items.push(randomSign(r, items));
  if (options.augment && r.chance(0.15)) items.push(blob(r, items[0]!));
  return { ground, items };
}

function countOf(r: Random, wanted: number | readonly [number, number]): number {
  const [from, to] = typeof wanted === "number" ? [wanted, wanted] : wanted;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > 8) {
    throw new Error(`randomScene: expected 0 to 8 things, got ${String(wanted)}`);
  }
  return from + r.int(to - from + 1);
}

/** Whether two things never share a training scene: about one pair in ten. */
export function isHeldOutPair(a: string, b: string): boolean {
  const [low, high] = [classOf(a), classOf(b)].sort((x, y) => x - y) as [number, number];
  return low !== high && hash32(low * things.length + high + 1) % 10 === 0;
}

function chooseThings(r: Random, count: number, among: readonly string[] | undefined, split: Split): string[] {
  const pool = among ?? things.map(({ name }) => name);
  const chosen: string[] = [];
  for (let tries = 0; chosen.length < count && tries < 200; tries++) {
    const name = r.pick(pool);
    if (chosen.includes(name) && pool.length >= count) continue;
    if (split === "train" && chosen.some((other) => isHeldOutPair(other, name))) continue;
    chosen.push(name);
  }
  if (chosen.length < count) {
    throw new Error(
      `randomScene: expected ${count} things that may be shown together in ${split}, got ${chosen.length}; allow more names`,
    );
  }
  return chosen;
}

function randomThing(
  r: Random,
  name: string,
  options: SceneOptions & { split: Split },
  ground: Ground,
  before: readonly Item[],
  count: number,
  atlas?: Draws,
): ThingItem {
  const style = chooseStyle(r, name, options, atlas);
  const sizes: [number, number] = count === 1 ? [40, 112] : count <= 3 ? [34, 60] : [28, 46];
  const item: ThingItem = { kind: "thing", thing: name, style, ...place(r, sizes, before), flip: r.chance(0.5) };
  const tilt = options.augment ? 20 : 8;
  item.turn = Math.round(r.range(-tilt, tilt));
  if (styleNamed(style).oneInk) item.ink = inkOn(r, ground);
  if (options.augment && r.chance(0.85)) item.appearance = randomAppearance(r);
  return item;
}

export function chooseStyle(
  r: Random,
  name: string,
  { split, styles, style }: SceneOptions & { split: Split },
  atlas?: Draws,
) {
  const wanted = style ? [style] : (styles ?? (split === "heldout" ? [heldOutStyle] : trainingStyles));
  if (split === "train" && wanted.includes(heldOutStyle)) {
    throw new Error(
      `randomScene: expected training scenes without ${heldOutStyle}, which is held out, got it among the styles`,
    );
  }
  const able = atlas ? wanted.filter((candidate) => atlas.has(name, candidate)) : wanted;
  if (able.length === 0) {
    throw new Error(`randomScene: expected a style that draws ${name}, got ${wanted.join(", ")}; add another style`);
  }
  return r.pick(able);
}

/** A size and a centre: wholly or almost wholly on the picture, and hardly over what is there already. */
export function place(r: Random, [smallest, largest]: [number, number], before: readonly Item[]) {
  let size = Math.round(r.range(smallest, largest));
  for (let tries = 0; ; tries++) {
    const margin = Math.min(size / 2 - 2, SCENE_SIZE / 2 - 4);
    const x = Math.round(r.range(margin, SCENE_SIZE - margin));
    const y = Math.round(r.range(margin, SCENE_SIZE - margin));
    if (before.every((other) => overlap({ x, y, size }, other) < 0.12)) return { x, y, size };
    if (tries >= 200) return { x, y, size }; // the picture is full
    if (tries % 20 === 19) size = Math.max(20, Math.round(size * 0.9));
  }
}

type Square = { x: number; y: number; size: number };

/** The share of the smaller square that the other covers. */
function overlap(a: Square, b: Square): number {
  const wide = Math.min(a.x + a.size / 2, b.x + b.size / 2) - Math.max(a.x - a.size / 2, b.x - b.size / 2);
  const high = Math.min(a.y + a.size / 2, b.y + b.size / 2) - Math.max(a.y - a.size / 2, b.y - b.size / 2);
  return (Math.max(0, wide) * Math.max(0, high)) / (Math.min(a.size, b.size) * Math.min(a.size, b.size));
}

function randomShape(r: Random, before: readonly Item[]): Item {
  return { kind: "shape", shape: r.pick(shapeNames), colour: r.pick(colours), ...place(r, [20, 44], before) };
}

function randomSign(r: Random, before: readonly Item[]): Item {
  const text = r.chance(0.5) ? r.pick(words) : String(r.int(100));
  const board = r.pick(["white", "yellow", "green", "blue", "red"] as const);
  return { kind: "sign", text, board, ...place(r, [44, 64], before) };
}

/** A shape that hides a little of a thing, so that no single part of it is all that a model knows. */
function blob(r: Random, over: Item): Item {
  const size = Math.round(over.size * r.range(0.15, 0.35));
  const shift = () => r.range(-0.45, 0.45) * over.size;
  return {
    kind: "shape",
    shape: r.pick(shapeNames),
    colour: r.pick(colours),
    x: over.x + shift(),
    y: over.y + shift(),
    size,
  };
}

export function randomGround(r: Random): Ground {
  const colour = groundColour(r);
  const kind = r.next();
  if (kind < 0.45) return { kind: "plain", colour };
  if (kind < 0.75) {
    const other = colour.map((channel) => clampByte(channel + r.int(61) - 30)) as unknown as Rgb;
    return {
      kind: "stripes",
      colours: [colour, other],
      width: 4 + r.int(17),
      direction: r.pick(["across", "down", "slanting"]),
    };
  }
  return { kind: "noise", colour, amount: 4 + r.int(28), seed: r.int(2 ** 31) };
}

function groundColour(r: Random): Rgb {
  const shade = r.next();
  const [low, high] = shade < 0.6 ? [170, 256] : shade < 0.85 ? [8, 96] : [0, 256];
  return [r.range(low, high), r.range(low, high), r.range(low, high)].map(Math.floor) as unknown as Rgb;
}

/** An ink that can be read on the ground. */
export function inkOn(r: Random, ground: Ground): Rgb {
  const behind = brightness(ground.kind === "stripes" ? ground.colours[0] : ground.colour);
  for (let tries = 0; tries < 40; tries++) {
    const ink: Rgb = [r.int(256), r.int(256), r.int(256)];
    if (Math.abs(brightness(ink) - behind) > 90) return ink;
  }
  return behind > 128 ? [0, 0, 0] : [255, 255, 255];
}

const brightness = ([red, green, blue]: Rgb) => 0.3 * red + 0.59 * green + 0.11 * blue;
const clampByte = (value: number) => Math.max(0, Math.min(255, value));
