/** How many: of one thing, of a shape, of a colour, of a kind. Answers are spread over the counts. */
import { isShape, isSign, isThing, kindOf, type Facts, type Seen } from "../facts";
import { fill, isCounted, numberWord, numberWords, pluralOf } from "../grammar";
import type { Random } from "../random";
import type { Split } from "../random-scene";
import { shapeNames } from "../scene";
import { alsoShows } from "../settings";
import { missingThings } from "./is-there";
import type { Phrasings, QuestionMaker } from "./question";

export const howManyPhrasings = {
  all: [
    "how many {things} are there?",
    "how many {things} are in the picture?",
    "how many {things} can you see?",
    "what is the number of {things}?",
  ],
} satisfies Record<string, Phrasings>;

type Group = { plural: string; members: readonly Seen[] };

export const howMany: QuestionMaker = (facts, r, split) => {
  const groups = countable(facts);
  const many = groups.filter(({ members }) => members.length > 1);
  const single = groups.filter(({ members }) => members.length === 1);
  const turn = r.next();
  const chosen =
    many.length > 0 && turn < 0.88
      ? rarest(many, r)
      : turn > 0.94 || (many.length === 0 && turn < 0.16)
        ? none(facts, r, split)
        : // Nearly every scene has something once: most of them are not asked, so that `one` is not the best guess.
          single.length > 0 && (many.length > 0 || turn < 0.32)
          ? r.pick(single)
          : undefined;
  const answer = chosen && numberWords[chosen.members.length];
  if (!chosen || !answer) return undefined;
  return {
    kind: "how many",
    question: fill(r.pick(howManyPhrasings.all), { things: chosen.plural }),
    answer: numberWord(chosen.members.length),
    items: chosen.members.map(({ index }) => index),
  };
};

/** Groups of which nobody doubts how many there are. */
function countable({ items }: Facts): Group[] {
  const groups: Group[] = [];
  const add = (plural: string, belongs: (seen: Seen) => boolean) => {
    const members = items.filter(belongs);
    if (members.length > 0 && members.every(({ state }) => state === "clear")) groups.push({ plural, members });
  };
  for (const name of new Set(items.filter(isThing).map((seen) => seen.name))) {
    if (!isCounted(name) || items.some((other) => alsoShows(other.name, name))) continue;
    add(pluralOf(name), (seen) => seen.name === name);
  }
  for (const kind of ["animal", "vehicle"] as const) add(pluralOf(kind), (seen) => kindOf(seen) === kind);
  const shapes = items.filter(isShape);
  if (shapes.length === 0) return groups;
  for (const shape of shapeNames) {
    if (items.some((other) => alsoShows(other.name, shape))) continue;
    add(pluralOf(shape), (seen) => isShape(seen) && seen.item.shape === shape);
  }
  if (items.some(isSign)) return groups; // its board may be taken for a shape
  add("shapes", isShape);
  for (const colour of new Set(shapes.map(({ item }) => item.colour))) {
    add(`${colour} shapes`, (seen) => isShape(seen) && seen.item.colour === colour);
  }
  return groups;
}

/** One of a random count, so that five is asked for as readily as two. */
function rarest(groups: readonly Group[], r: Random): Group {
  const counts = [...new Set(groups.map(({ members }) => members.length))].sort((a, b) => a - b);
  const count = counts.length > 1 && r.chance(0.6) ? counts.at(-1)! : r.pick(counts);
  return r.pick(groups.filter(({ members }) => members.length === count));
}

function none(facts: Facts, r: Random, split: Split): Group | undefined {
  const hard = r.pick(["random", "popular", "adversarial"] as const);
  const pool = missingThings(facts, hard, split).filter(isCounted);
  return pool.length ? { plural: pluralOf(r.pick(pool)), members: [] } : undefined;
}
