/** Captions: one or two sentences about a scene, from its facts, true or with noise of a stated kind. */
import { groundColourOf, groundPatterns } from "./ground-colour";
import { isSign, limits, named, readableSign, type Facts, type Seen } from "./facts";
import { counted, fill, isOrAre, listed, withArticle } from "./grammar";
import { random, shuffled, type Random } from "./random";
import { direction, directionWords, isLarger, nextTo } from "./relations";

export const captionPhrasings = {
  list: [
    "{all}.",
    "a picture of {all}.",
    "this picture shows {all}.",
    "{all} {ground}.",
    "there {is} {all} {ground}.",
    "here {is} {all}.",
    "the picture shows {all} {ground}.",
    "{ground} {is} {all}.",
  ],
  relation: [
    "{aA} {relation} {aB}.",
    "{aA} {relation} {aB}, {ground}.",
    "there {isA} {aA} {relation} {aB}.",
    "in the picture, {aA} {isA} {relation} {aB}.",
    "{ground} you can see {aA} {relation} {aB}.",
    "{aA} {isA} {relation} {aB}.",
  ],
  order: ["from left to right: {ordered}.", "from left to right there are {ordered} {ground}."],
  rest: ["there {is} also {all}.", "you can also see {all}.", "besides, there {is} {all}."],
  size: ["the {a} looks larger than the {b}.", "the {b} looks smaller than the {a}."],
  nothing: ["nothing {ground}.", "an empty picture."],
  sign: ["{sign} that says {text}"],
} as const;

/** A group of equal items, or one sign: what a caption says of it. */
export type Mention = { count: number; name: string; text?: string };

/** What a caption says, before it is put into words. */
export type CaptionPlan = {
  /** All that it names, in the order in which it names them. */
  mentions: Mention[];
  /** The first two are mentions 0 and 1. */
  relation?: string;
  /** Mentions are told from left to right. */
  ordered?: boolean;
  /** `a blue ground`, `a striped green ground`. */
  ground: string;
  /** Mention 0 is larger than mention 1, and the caption may say so. */
  larger?: boolean;
};

/** A true caption. The same facts and seed give the same text. */
export function captionOf(facts: Facts, seed: number): string {
  const r = random(seed, 61);
  return captionText(captionPlan(facts, r), r);
}

/** Chooses what to say. What is not clear is left out, with all of its name. */
export function captionPlan(facts: Facts, r: Random): CaptionPlan {
  const ground = groundOf(facts, r);
  const told = mentionsOf(facts, r);
  const pair = told.length > 1 && r.chance(0.6) ? relatedPair(facts, r) : undefined;
  if (pair) {
    const [first, second] = pair.both.map((seen) => told.find(({ name }) => name === plainName(seen))!);
    const rest = told.filter((mention) => mention !== first && mention !== second);
    return { mentions: [first!, second!, ...rest], relation: pair.relation, ground, larger: pair.larger };
  }
  const ordered = r.chance(0.3) ? leftToRight(facts, told) : undefined;
  return ordered ? { mentions: ordered, ordered: true, ground } : { mentions: shuffled(r, told), ground };
}

/** Puts a plan into words. */
export function captionText({ mentions, relation, ordered, ground, larger }: CaptionPlan, r: Random): string {
  const on = `on ${ground}`;
  const words = mentions.map(mentionWords);
  if (mentions.length === 0) return fill(r.pick(captionPhrasings.nothing), { ground: on });
  const [a, b] = mentions as [Mention, Mention];
  if (relation) {
    const slots = { aA: words[0]!, aB: words[1]!, relation, isA: verb([a]), ground: on };
    const sentences = [fill(r.pick(captionPhrasings.relation), slots)];
    if (larger && r.chance(0.6)) sentences.push(fill(sizeSentence(a), { a: a.name, b: b.name }));
    const rest = mentions.slice(2);
    if (rest.length > 0) {
      const all = listed(rest.map(mentionWords));
      sentences.push(fill(r.pick(captionPhrasings.rest), { all, is: verb(rest) }));
    }
    return sentences.join(" ");
  }
  const all = listed(words);
  if (ordered) return fill(r.pick(captionPhrasings.order), { ordered: all, ground: on });
  return fill(r.pick(captionPhrasings.list), { all, is: verb(mentions), ground: on });
}

export function mentionWords({ count, name, text }: Mention): string {
  if (text === undefined) return counted(count, name);
  return fill(captionPhrasings.sign[0], { sign: withArticle(name), text }).replace(/^A/, "a");
}

/** English lets the verb follow the first of a list: `there is a cat and two dogs`. */
function verb([first]: readonly Mention[]): string {
  return first!.count > 1 ? "are" : isOrAre(first!.name);
}

/** Plural names take `look`: said from the other side. */
function sizeSentence({ name }: Mention): string {
  return captionPhrasings.size[isOrAre(name) === "are" ? 1 : 0];
}

/** `cat`; of a sign `red sign`. */
const plainName = (seen: Seen) => (isSign(seen) ? `${seen.item.board} sign` : seen.name);

/** All clear groups; three red circles may be told as `three red circles`, never as two of them. */
function mentionsOf(facts: Facts, r: Random): Mention[] {
  const { items } = facts;
  const names = [...new Set(items.map(plainName))];
  return shuffled(r, names).flatMap((name): Mention[] => {
    const group = items.filter((seen) => plainName(seen) === name);
    const [first] = group;
    if (!first || group.some(({ state }) => state !== "clear")) return [];
    if (!isSign(first)) return [{ count: group.length, name }];
    const sign = readableSign(facts);
    return [sign ? { count: 1, name, text: sign.item.text.toUpperCase() } : { count: group.length, name }];
  });
}

/** Two items that are alone in their names and whose places are clear. */
function relatedPair(facts: Facts, r: Random) {
  const here = named(facts);
  const found = here.flatMap((a) =>
    here.flatMap((b) => {
      const way = a === b ? undefined : direction(a, b);
      if (!way) return [];
      const relation = nextTo(a, b) && r.chance(0.3) ? "next to" : directionWords[way];
      const larger =
        isLarger(a, b) && [a, b].every((seen) => seen.visible >= limits.whole && !isSign(seen)) ? true : undefined;
      return [{ both: [a, b] as const, relation, larger }];
    }),
  );
  return found.length ? r.pick(found) : undefined;
}

/** Only if each is alone in its name and the next one is clearly further to the right. */
function leftToRight(facts: Facts, told: readonly Mention[]): Mention[] | undefined {
  const here = named(facts).sort((a, b) => a.x - b.x);
  if (here.length < 3 || here.length !== told.length || here.length < facts.items.length) return undefined;
  if (here.some((seen, i) => i > 0 && seen.x - here[i - 1]!.x < 10)) return undefined;
  return here.map((seen) => told.find(({ name }) => name === plainName(seen))!);
}

function groundOf({ ground }: Facts, r: Random): string {
  const colour = groundColourOf(ground);
  const pattern = groundPatterns[ground.kind];
  const told = [ground.kind === "plain" && colour && r.chance(0.8) ? "" : pattern, colour ?? ""];
  return withArticle([...told, "ground"].filter((word) => word !== "").join(" "));
}
