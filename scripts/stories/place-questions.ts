/** Relations that a story tells, and the scenes' questions about places and sizes that these words answer. */
import {
  captionPhrasings,
  direction,
  directionWords,
  fill,
  indefinite,
  isLarger,
  isOrAre,
  named,
  nextTo,
  opposite,
  shuffled,
  sizePhrasings,
  wherePhrasings,
  type Direction,
  type Facts,
  type Random,
  type Seen,
} from "../../lib/scenes";
import type { Asked } from "./documents";

/** `a` is `way` of `b`, as the story says it. `near`: next to each other, or far apart. */
export type Told = { a: Seen; b: Seen; way: Direction | "near" | "far" };

const words = { ...directionWords, near: "next to", far: "far from" } as const;
const back = { ...opposite, near: "near", far: "far" } as const;
const directions: readonly Direction[] = ["left", "right", "above", "below"];

/** Some pairs of which something can be told, each pair once. */
export function choosePlaces(facts: Facts, r: Random, most: number): Told[] {
  const here = named(facts);
  const pairs = here.flatMap((a, i) => here.slice(0, i).map((b) => (r.chance(0.5) ? ([a, b] as const) : ([b, a] as const)))); // prettier-ignore
  return shuffled(r, pairs)
    .flatMap(([a, b]): Told[] => {
      const near = nextTo(a, b);
      if (near !== undefined && r.chance(0.15)) return [{ a, b, way: near ? "near" : "far" }];
      const way = direction(a, b);
      return way ? [{ a, b, way }] : [];
    })
    .slice(0, most);
}

/** In the words of captions, with `a` or with `the`. */
export function placeSentence({ a, b, way }: Told, r: Random): string {
  const relation = words[way];
  if (r.chance(0.5)) {
    return fill("the {a} {is} {relation} the {b}.", { a: a.name, b: b.name, is: isOrAre(a.name), relation });
  }
  const slots = { aA: indefinite(captionName(a)), aB: indefinite(captionName(b)), isA: isOrAre(a.name), relation };
  return fill(r.pick(captionPhrasings.relation.filter((phrasing) => !phrasing.includes("{ground}"))), slots);
}

/** What the told relations answer, as told and turned round. */
export function askPlaces(told: readonly Told[], r: Random): Asked[] {
  const turned = told.map(({ a, b, way }): Told => ({ a: b, b: a, way: back[way] }));
  const all = [...told, ...turned];
  return all.flatMap((one): Asked[] => {
    const { a, b, way } = one;
    const slots = { is: isOrAre(a.name), a: a.name, b: b.name };
    const asked = [closed(one, r)];
    if (way === "far") return asked;
    const only = all.filter((other) => other.b === b && other.way === way).length === 1;
    if (only) {
      const question = fill(r.pick(wherePhrasings.which), { relation: words[way], b: b.name });
      asked.push({ kind: "story/where: which", question, answer: a.name });
    }
    if (way !== "near") {
      const question = fill(r.pick(wherePhrasings.open), slots);
      asked.push({ kind: "story/where: side", question, answer: words[way] });
    }
    return asked;
  });
}

/** Half yes; a wrong side is most often the opposite one. */
function closed({ a, b, way }: Told, r: Random): Asked {
  const yes = r.chance(0.5);
  const wrong = (): Told["way"] => {
    if (way === "near" || way === "far") return way === "near" ? "far" : "near";
    return r.chance(0.6) ? opposite[way] : r.pick(directions.filter((other) => other !== way));
  };
  // Nobody asks a picture whether things are far from each other.
  const right = way === "far" ? false : way === "near" ? true : yes;
  const relation = way === "far" || way === "near" ? "next to" : words[right ? way : wrong()];
  const question = fill(r.pick(wherePhrasings.yesNo), { is: isOrAre(a.name), a: a.name, b: b.name, relation });
  return { kind: "story/where: yes or no", question, answer: right ? "yes" : "no" };
}

/** `large` looks larger than `small`. */
export type Sizes = { large: Seen; small: Seen };

/** One pair; or, for the largest or the smallest of three or four, as many as that takes. */
export function chooseSizes(facts: Facts, r: Random): { pairs: Sizes[]; extreme?: { word: string; seen: Seen } } {
  const measured = named(facts).filter(({ item }) => item.kind !== "sign");
  const pairs = measured.flatMap((large) =>
    measured.flatMap((small) => (isLarger(large, small) ? [{ large, small }] : [])),
  );
  if (pairs.length === 0) return { pairs };
  for (const word of shuffled(r, ["largest", "smallest"])) {
    const part = (seen: Seen) => pairs.filter(({ large, small }) => (word === "largest" ? large : small) === seen);
    const seen = measured.find((one) => part(one).length === facts.items.length - 1);
    const all = facts.items.length;
    if (seen && all >= 3 && all <= 4 && r.chance(0.5)) return { pairs: part(seen), extreme: { word, seen } };
  }
  return { pairs: [r.pick(pairs)] };
}

export function sizeSentence({ large, small }: Sizes, r: Random): string {
  const [larger, smaller] = captionPhrasings.size;
  const phrasing = isOrAre(large.name) === "are" ? smaller : isOrAre(small.name) === "are" ? larger : r.pick([larger, smaller]); // prettier-ignore
  return fill(phrasing, { a: large.name, b: small.name });
}

export function askSizes({ pairs, extreme }: ReturnType<typeof chooseSizes>, r: Random): Asked[] {
  const asked = pairs.flatMap(({ large, small }) =>
    (["larger", "smaller"] as const).map((word): Asked => {
      const right = word === "larger" ? large : small;
      const [a, b] = r.chance(0.5) ? [large, small] : [small, large];
      const closed = r.chance(0.4) && isOrAre(a.name) === "is";
      const phrasing = r.pick(closed ? sizePhrasings.yesNo : sizePhrasings.which);
      const answer = closed ? (a === right ? "yes" : "no") : right.name;
      return { kind: "story/size", question: fill(phrasing, { word, a: a.name, b: b.name }), answer };
    }),
  );
  if (!extreme) return asked;
  const question = fill(r.pick(sizePhrasings.most), { word: extreme.word });
  return [...asked, { kind: "story/size", question, answer: extreme.seen.name }];
}

/** `cat`; of a sign `red sign`, as captions say. */
const captionName = ({ item, name }: Seen) => (item.kind === "sign" ? `${item.board} sign` : name);
