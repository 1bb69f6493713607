/**
 * A scene told in words, and the questions that the words answer: captions as lib/scenes writes them, with some more
 * sentences about places and sizes, and the questions that lib/scenes asks about pictures, answered as it answers them.
 */
import {
  captionPlan,
  captionText,
  groundColourOf,
  questionsOf,
  shuffled,
  type CaptionPlan,
  type Facts,
  type Random,
} from "../../lib/scenes";
import type { Asked, CorpusSplit } from "./documents";
import {
  askPlaces,
  askSizes,
  choosePlaces,
  chooseSizes,
  placeSentence,
  sizeSentence,
  type Told,
} from "./place-questions";
import { isHeldOutStory, storyFacts } from "./story-world";

export type Story = {
  text: string;
  facts: Facts;
  /** A caption of the same scene that says nothing that the text does not say. */
  caption: string;
  asked: Asked[];
  /** Whether it shows what training never shows: two things together, or a sign's text. */
  heldOut: boolean;
};

/** The same seed, generator and split give the same story. At most `most` items; one or two make a first story. */
export function tellScene(seed: number, r: Random, split: CorpusSplit, most: number): Story {
  const facts = storyFacts(seed, r, split, most);
  const plan = captionPlan(facts, r);
  const places = withCaption(choosePlaces(facts, r, most > 2 ? 1 + r.int(3) : 1), plan, facts);
  const sizes = r.chance(0.35) ? chooseSizes(facts, r) : { pairs: [] };
  const opening = captionText({ ...plan, relation: undefined, larger: undefined }, r);
  const sentences = [
    ...places.map((told) => placeSentence(told, r)),
    ...sizes.pairs.map((pair) => sizeSentence(pair, r)),
  ];
  const colour = groundColourOf(facts.ground);
  const toldGround = / ground\b/.test(opening) && colour !== undefined && opening.includes(colour);
  // The opening names all that is there; now and then it comes last.
  const order = shuffled(r, sentences);
  const text = (r.chance(0.15) ? [...order, opening] : [opening, ...order]).join(" ");
  const asked = [
    ...askPlaces(places, r),
    ...askSizes(sizes, r),
    ...askPicture(facts, r.int(2 ** 30), split, toldGround),
  ];
  const caption = captionWithin(plan, text, r);
  return { text, facts, caption, asked, heldOut: isHeldOutStory(facts) };
}

/** Says nothing of a ground that the text leaves out. */
function captionWithin(plan: CaptionPlan, text: string, r: Random): string {
  for (;;) {
    const caption = captionText(plan, r);
    if (!/ ground\b/.test(caption) || text.includes(plan.ground)) return caption;
  }
}

/** Of each kind a few, so that no kind of question crowds out the others; no two alike. */
export function chooseQuestions({ asked }: Story, r: Random, count: number): Asked[] {
  const chosen: Asked[] = [];
  const left = shuffled(r, asked);
  while (chosen.length < count && left.length > 0) {
    const of = (kind: string) => chosen.filter((one) => one.kind === kind).length;
    const least = Math.min(...left.map(({ kind }) => of(kind)));
    const at = left.findIndex(({ kind }) => of(kind) === least);
    const [next] = left.splice(at, 1);
    if (!chosen.some(({ question }) => question === next!.question)) chosen.push(next!);
  }
  return shuffled(r, chosen);
}

/** The relations that the story's caption tells: one, or those from left to right. */
function withCaption(places: Told[], plan: CaptionPlan, facts: Facts): Told[] {
  if (!plan.relation) return places;
  const ways = { "left of": "left", "right of": "right", above: "above", below: "below", "next to": "near" } as const;
  const [a, b] = plan.mentions.map(({ name }) =>
    facts.items.find(({ item, name: own }) => (item.kind === "sign" ? `${item.board} sign` : own) === name),
  );
  const others = places.filter((told) => ![told.a, told.b].every((one) => one === a || one === b));
  return [{ a: a!, b: b!, way: ways[plan.relation as keyof typeof ways] }, ...others];
}

/** What the opening answers: everything but places and sizes. */
function askPicture(facts: Facts, seed: number, split: CorpusSplit, toldGround: boolean): Asked[] {
  const kinds = ["what", "is there", "how many", "colour", "read", "odd one out"] as const;
  return questionsOf(facts, seed, { split, kinds, perKind: 3 })
    .filter(({ kind, items }) => kind !== "colour" || items.length > 0 || toldGround)
    .map(({ kind, question, answer }) => ({ kind: `story/${kind}`, question, answer }));
}
