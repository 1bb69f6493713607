/** Is there: half yes, half no; the missing things after POPE, random, popular or adversarial, or parts swapped. */
import { isShape, isSign, isThing, type Facts } from "../facts";
import { anyOf, fill, isPlural } from "../grammar";
import type { Random } from "../random";
import { isHeldOutPair, type Split } from "../random-scene";
import { shapeColours, shapeNames, type ColourName } from "../scene";
import { alsoShows, companionsOf, popularThings } from "../settings";
import { things } from "../things";
import { yesNo, type HardNegative, type Phrasings, type QuestionMaker } from "./question";

export const isTherePhrasings = {
  all: ["{is} there {any}?", "{is} there {any} in the picture?", "can you see {any}?", "does the picture show {any}?"],
} satisfies Record<string, Phrasings>;

const colours = Object.keys(shapeColours) as ColourName[];

export const isThere: QuestionMaker = (facts, r, split) => {
  const yes = r.chance(0.5);
  const about = yes ? present(facts, r) : missing(facts, r, split);
  if (!about) return undefined;
  const slots = { is: isPlural(about.name) ? "are" : "is", any: anyOf(about.name) };
  return {
    kind: "is there",
    question: fill(r.pick(isTherePhrasings.all), slots),
    answer: yes ? "yes" : "no",
    choices: yesNo,
    ...(about.hard ? { hard: about.hard } : {}),
    items: about.items,
  };
};

type About = { name: string; hard?: HardNegative; items: number[] };

/** Something clear. Shapes by both words or by the shape alone. */
function present({ clear }: Facts, r: Random): About | undefined {
  if (clear.length === 0) return undefined;
  const seen = r.pick(clear);
  const byShape = isShape(seen) && r.chance(0.3);
  const name = byShape ? seen.item.shape : seen.name;
  const same = clear.filter((other) => other.name === name || (byShape && isShape(other) && other.item.shape === name));
  return { name, items: same.map(({ index }) => index) };
}

function missing(facts: Facts, r: Random, split: Split): About | undefined {
  const shapes = facts.items.filter(isShape);
  if (shapes.length > 0 && r.chance(shapes.length === facts.items.length ? 0.8 : 0.3)) {
    const name = swappedShape(facts, r);
    if (name) return { name, hard: "swapped", items: [] };
  }
  if (!facts.items.some(isSign) && r.chance(0.04)) return { name: "sign", hard: "random", items: [] };
  const hard = r.pick(["random", "popular", "adversarial"] as const);
  const pool = missingThings(facts, hard, split);
  return pool.length ? { name: r.pick(pool), hard, items: [] } : undefined;
}

/** Things that are surely not in the picture. In training, none that forms a held-out pair with what is there. */
export function missingThings({ items }: Facts, hard: HardNegative, split: Split): string[] {
  const there = items.filter(isThing).map(({ name }) => name);
  const pool =
    hard === "popular"
      ? popularThings
      : hard === "adversarial"
        ? there.flatMap(companionsOf)
        : things.map(({ name }) => name);
  return pool.filter((name) =>
    there.every(
      (other) => other !== name && !alsoShows(other, name) && !(split === "train" && isHeldOutPair(other, name)),
    ),
  );
}

/** A shape that is not there, in a colour or of a kind that is, or both. */
function swappedShape({ items }: Facts, r: Random): string | undefined {
  const shapes = items.filter(isShape);
  if (shapes.some(({ state }) => state !== "clear")) return undefined;
  const { colour, shape } = r.pick(shapes).item;
  const near = [
    ...colours.map((other) => `${other} ${shape}`),
    ...shapeNames.map((other) => `${colour} ${other}`),
    ...shapes.flatMap((a) => shapes.map((b) => `${a.item.colour} ${b.item.shape}`)),
  ].filter((name) => {
    const taken = items.some((seen) => seen.name === name || alsoShows(seen.name, name.split(" ")[1]!));
    return !taken && !(name.endsWith("square") && items.some(isSign)); // a board may be taken for a square
  });
  return near.length ? r.pick(near) : undefined;
}
