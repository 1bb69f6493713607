/** Odd one out: all but one are the same thing, of the same kind, or alike in shape or colour. */
import { isShape, isThing, kindOf, named, type Facts, type Seen } from "../facts";
import { fill } from "../grammar";
import type { Phrasings, QuestionMaker } from "./question";

export const oddPhrasings = {
  all: [
    "which is the odd one out?",
    "what is the odd one out?",
    "which one does not belong with the others?",
    "what does not fit with the others?",
  ],
} satisfies Record<string, Phrasings>;

export const oddOneOut: QuestionMaker = (facts, r) => {
  const odd = oddOne(facts);
  if (!odd || !named(facts).includes(odd)) return undefined;
  return { kind: "odd one out", question: fill(r.pick(oddPhrasings.all)), answer: odd.name, items: [odd.index] };
};

/** Kinds that nobody doubts. */
const plainKinds = new Set(["animal", "food", "vehicle"]);

function oddOne({ items, doubtful }: Facts): Seen | undefined {
  if (doubtful || items.length < 3) return undefined;
  if (items.every(isThing)) return oddThing(items);
  if (items.every(isShape)) return oddShape(items);
  return undefined;
}

/** Among equal things; or, if all are different, the only one of another kind. */
function oddThing(items: readonly Seen[]): Seen | undefined {
  const names = items.map(({ name }) => name);
  const different = new Set(names).size;
  if (different === 2) return lone(items, names);
  const kinds = items.map((seen) => kindOf(seen)!);
  const odd = different === items.length ? lone(items, kinds) : undefined;
  return odd && kinds.every((kind) => plainKinds.has(kind)) ? odd : undefined;
}

/** Colour and shape must not single out two different ones, and what singles out none must be the same for all. */
function oddShape(items: readonly Seen[]): Seen | undefined {
  const shapes = items.filter(isShape);
  const found = [shapes.map(({ item }) => item.shape), shapes.map(({ item }) => item.colour)].map((values) => ({
    odd: lone(items, values),
    same: new Set(values).size === 1,
  }));
  if (found.some(({ odd, same }) => !odd && !same)) return undefined;
  const odd = new Set(found.flatMap((way) => way.odd ?? []));
  return odd.size === 1 ? [...odd][0] : undefined;
}

/** The one whose value is its own while all others share one. */
function lone(items: readonly Seen[], values: readonly string[]): Seen | undefined {
  const different = [...new Set(values)];
  if (different.length !== 2 || items.length < 3) return undefined;
  const single = different.filter((value) => values.filter((other) => other === value).length === 1);
  return single.length === 1 ? items[values.indexOf(single[0]!)] : undefined;
}
