/**
 * Random scenes with something for every kind of question: alone, pairs side by side, several of the same, shapes, signs,
 * odd ones out. They draw from streams of their own, so that the scenes of `randomScene` stay what they are.
 */
import { groundColourOf } from "./ground-colour";
import { isCounted } from "./grammar";
import { random, shuffled, type Random } from "./random";
import { randomAppearance } from "./random-appearance";
import { chooseStyle, inkOn, isHeldOutPair, place, randomGround, splits, type Draws, type Split } from "./random-scene";
import {
  SCENE_SIZE,
  shapeColours,
  shapeNames,
  type ColourName,
  type Ground,
  type Item,
  type Rgb,
  type Scene,
} from "./scene";
import { settings } from "./settings";
import { isHeldOutText, signTexts } from "./sign-text";
import { heldOutStyle, styleNamed, trainingStyles, type StyleName } from "./styles";
import { things } from "./things";

export const recipes = ["alone", "pair", "several", "group", "shapes", "sign", "odd"] as const;
export type Recipe = (typeof recipes)[number];

export type MixedOptions = {
  /** As for `randomScene`; `test` by default. */
  split?: Split;
  /** Choose from these styles; by default those of the split. */
  styles?: readonly StyleName[];
  /** Give the drawings another hand: for training. */
  augment?: boolean;
  /** One kind of scene; by default a random one. */
  recipe?: Recipe;
  /** `heldout`: each scene shows two things that no training scene shows together. Not for `train`. */
  pairs?: "any" | "heldout";
};

/** Of a hundred mixed scenes, how many are of each recipe. */
const weights: Record<Recipe, number> = { alone: 5, pair: 22, several: 20, group: 13, shapes: 17, sign: 11, odd: 12 };
const weighted = recipes.flatMap((recipe) => Array.from({ length: weights[recipe] }, () => recipe));

type Maker = {
  r: Random;
  split: Split;
  styles: readonly StyleName[];
  /** Half of the scenes are in one hand, as far as it draws their things. */
  main: StyleName | undefined;
  augment: boolean;
  ground: Ground;
  atlas: Draws | undefined;
};

const names = things.map(({ name }) => name);
const colours = Object.keys(shapeColours) as ColourName[];

/** A mixed scene from a seed (an integer from 0) and options. The same seed and options give the same scene. */
export function mixedScene(seed: number, options: MixedOptions = {}, atlas?: Draws): Scene {
  const split = options.split ?? "test";
  if (!splits.includes(split)) {
    throw new Error(`mixedScene: expected a split of ${splits.join(", ")}, got ${JSON.stringify(split)}`);
  }
  if (split === "train" && options.pairs === "heldout") {
    throw new Error(
      "mixedScene: expected test or heldout scenes for held-out pairs, got train, which never shows them",
    );
  }
  const styles = options.styles ?? (split === "heldout" ? [heldOutStyle] : trainingStyles);
  const r = random(seed, 11 + splits.indexOf(split) + (options.pairs === "heldout" ? 10 : 0));
  const maker: Maker = {
    r,
    split,
    styles,
    main: r.chance(0.5) ? r.pick(styles) : undefined,
    augment: options.augment ?? false,
    ground: askableGround(r),
    atlas,
  };
  const first = options.pairs === "heldout" ? heldOutPair(r) : undefined;
  const recipe = options.recipe ?? (first ? r.pick(["pair", "group"] as const) : r.pick(weighted));
  return { ground: maker.ground, items: items(recipe, maker, first) };
}

function items(recipe: Recipe, maker: Maker, first: readonly string[] | undefined): Item[] {
  const { r } = maker;
  const out: Item[] = [];
  switch (recipe) {
    case "alone":
      addThings(out, chooseNames(maker, 1), [48, 104], maker);
      break;
    case "pair":
      addThings(out, first ?? chooseNames(maker, 2), [28, 56], maker, true);
      if (r.chance(0.3)) addSomething(out, maker);
      break;
    case "several": {
      const chosen = chooseNames(maker, 1 + r.int(3));
      const name = chosen.find(isCounted) ?? "cat";
      const others = chosen.filter((other) => other !== name && !isHeldOutPair(other, name));
      const count = r.pick([2, 2, 3, 3, 4, 4, 5, 5, 6]);
      addThings(out, Array<string>(count).fill(name), count > 4 ? [22, 34] : [24, 44], maker);
      addThings(out, others.slice(0, Math.max(0, 7 - count)), [24, 36], maker);
      break;
    }
    case "group":
      addThings(out, chooseNames(maker, 3 + r.int(3), first), [24, 50], maker);
      break;
    case "shapes": {
      const count = 2 + r.int(4);
      const shape = r.chance(0.4) ? r.pick(shapeNames) : undefined;
      const colour = r.chance(0.4) ? shapeColour(maker) : undefined;
      for (let i = 0; i < count; i++) addShape(out, maker, { shape, colour });
      addThings(out, chooseNames(maker, r.int(3)), [26, 48], maker);
      break;
    }
    case "sign":
      addSign(out, maker);
      addThings(out, chooseNames(maker, r.int(4)), [26, 50], maker, true);
      if (r.chance(0.2)) addShape(out, maker);
      break;
    case "odd":
      addOdd(out, maker);
  }
  return out;
}

/** Names that may be shown together, from one setting half of the time. */
function chooseNames({ r, split }: Maker, count: number, first: readonly string[] = []): string[] {
  const setting = r.chance(0.5) ? r.pick(Object.values(settings)) : undefined;
  const chosen = [...first];
  for (let tries = 0; chosen.length < count && tries < 300; tries++) {
    const name = r.pick(setting && r.chance(0.85) ? setting : names);
    if (chosen.includes(name) || (split === "train" && chosen.some((other) => isHeldOutPair(other, name)))) continue;
    chosen.push(name);
  }
  return chosen;
}

function heldOutPair(r: Random): [string, string] {
  for (;;) {
    const [a, b] = [r.pick(names), r.pick(names)];
    if (isHeldOutPair(a, b)) return [a, b];
  }
}

/** `beside`: each thing after the first item goes beside an earlier one, so that relations are clear. */
function addThings(
  out: Item[],
  chosen: readonly string[],
  sizes: [number, number],
  maker: Maker,
  beside = false,
): void {
  const { r, augment, ground } = maker;
  for (const thing of chosen) {
    const style = styleFor(thing, maker);
    const at = (beside && out.length > 0 && placeBeside(r, sizes, out)) || place(r, sizes, out);
    const tilt = augment ? 20 : 8;
    out.push({
      kind: "thing",
      thing,
      style,
      ...at,
      flip: r.chance(0.5),
      turn: Math.round(r.range(-tilt, tilt)),
      ...(styleNamed(style).oneInk ? { ink: inkOn(r, ground) } : {}),
      ...(augment && r.chance(0.85) ? { appearance: randomAppearance(r) } : {}),
    });
  }
}

function styleFor(thing: string, { r, split, styles, main, atlas }: Maker): StyleName {
  if (main && (!atlas || atlas.has(thing, main))) return chooseStyle(r, thing, { split, style: main }, atlas);
  return chooseStyle(r, thing, { split, styles }, atlas);
}

function addShape(
  out: Item[],
  maker: Maker,
  { shape, colour }: { shape?: (typeof shapeNames)[number]; colour?: ColourName } = {},
): void {
  const { r } = maker;
  const sizes: [number, number] = [18, 44];
  out.push({
    kind: "shape",
    shape: shape ?? r.pick(shapeNames),
    colour: colour ?? shapeColour(maker),
    ...place(r, sizes, out),
  });
}

/** A colour that can be told from the ground. */
function shapeColour({ r, ground }: Maker): ColourName {
  const behind = ground.kind === "stripes" ? ground.colours : [ground.colour];
  const clear = colours.filter((name) => behind.every((colour) => difference(shapeColours[name], colour) > 110));
  return r.pick(clear.length ? clear : colours);
}

const difference = (a: Rgb, b: Rgb) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]);

function addSign(out: Item[], maker: Maker): void {
  const { r, split } = maker;
  const texts = split === "train" ? signTexts.filter((text) => !isHeldOutText(text)) : signTexts;
  const words = texts.filter((text) => !/\d/.test(text));
  const numbers = texts.filter((text) => /\d/.test(text));
  const text = r.pick(r.chance(0.6) ? words : numbers);
  const dots = text.length * 6 + 3;
  const smallest = Math.max(34, Math.ceil(dots * 1.7));
  const sizes: [number, number] = [smallest, Math.max(smallest, Math.min(100, dots * 4))];
  out.push({
    kind: "sign",
    text,
    board: r.pick(["white", "yellow", "green", "blue", "red"] as const),
    ...place(r, sizes, out),
  });
}

function addSomething(out: Item[], maker: Maker): void {
  const present = out.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
  if (maker.r.chance(0.5)) addShape(out, maker);
  else addThings(out, chooseNames(maker, present.length + 1, present).slice(present.length), [24, 44], maker);
}

/** Three to five items of which one differs from all others: in its name, its kind, its shape or its colour. */
function addOdd(out: Item[], maker: Maker): void {
  const { r, split } = maker;
  const count = 3 + r.int(3);
  const at = r.int(count);
  const way = r.next();
  if (way < 0.4) {
    const [shape, otherShape] = twoOf(r, shapeNames);
    const colour = shapeColour(maker);
    let other = colour;
    for (let tries = 0; tries < 20 && other === colour; tries++) other = shapeColour(maker);
    const byShape = r.chance(0.5);
    for (let i = 0; i < count; i++) {
      addShape(out, maker, {
        shape: byShape && i === at ? otherShape : shape,
        colour: !byShape && i === at ? other : colour,
      });
    }
    return;
  }
  const sizes: [number, number] = count > 4 ? [24, 38] : [26, 46];
  for (let tries = 0; tries < 50; tries++) {
    const [kind, otherKind] = twoOf(r, ["animal", "food", "vehicle"] as const);
    const inside = shuffled(
      r,
      names.filter((name) => kindNamed(name) === kind && isCounted(name)),
    );
    const odd = r.pick(
      way < 0.65 ? names.filter((name) => name !== inside[0]) : names.filter((n) => kindNamed(n) === otherKind),
    );
    const rest = way < 0.65 ? Array<string>(count - 1).fill(inside[0]!) : inside.slice(0, count - 1);
    const all = [...rest.slice(0, at), odd, ...rest.slice(at)];
    if (split === "train" && all.some((a) => all.some((b) => isHeldOutPair(a, b)))) continue;
    addThings(out, all, sizes, maker);
    return;
  }
}

const kindNamed = (name: string) => things.find((thing) => thing.name === name)!.kind;

function twoOf<T>(r: Random, list: readonly T[]): [T, T] {
  const [a, b] = shuffled(r, list);
  return [a!, b!];
}

/** A place left of, right of, above or below an earlier item, over nothing; undefined if the dice find none. */
function placeBeside(r: Random, [smallest, largest]: [number, number], before: readonly Item[]) {
  for (let tries = 0; tries < 30; tries++) {
    const near = r.pick(before);
    const size = Math.round(r.range(smallest, largest));
    const between = r.chance(0.6) ? r.int(9) : r.int(44);
    const across = r.chance(0.6);
    const tall = near.kind === "sign" ? (near.size * 11) / (near.text.length * 6 + 3) : near.size;
    const reach = Math.round((size + (across ? near.size : tall)) / 2 + between) * (r.chance(0.5) ? 1 : -1);
    const slip = Math.round(r.range(-0.2, 0.2) * size);
    const x = near.x + (across ? reach : slip);
    const y = near.y + (across ? slip : reach);
    const margin = size / 2 - 2;
    const inside = [x, y].every((centre) => centre >= margin && centre <= SCENE_SIZE - margin);
    const free = before.every(
      (other) =>
        Math.max(Math.abs(other.x - x), Math.abs(other.y - y) * (other.kind === "sign" ? 2 : 1)) >
        (other.size + size) * 0.42,
    );
    if (inside && (free || before.length === 1)) return { x, y, size };
  }
  return undefined;
}

/** Half of the grounds are of a colour that can be named. */
function askableGround(r: Random): Ground {
  const wanted = r.chance(0.5);
  for (let tries = 0; ; tries++) {
    const ground = randomGround(r);
    if (!wanted || tries >= 40 || groundColourOf(ground)) return ground;
  }
}
