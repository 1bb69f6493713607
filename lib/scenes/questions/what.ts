/** What: what the thing is, by where it is alone, by its kind, or by a shape's colour. */
import { isShape, isThing, kindOf, type Facts, type Seen } from "../facts";
import { fill } from "../grammar";
import type { Item } from "../scene";
import type { ThingKind } from "../things";
import type { Phrasings, QuestionMaker } from "./question";

export const whatPhrasings = {
  alone: ["what is in the picture?", "what is this?", "what does the picture show?", "what can you see?"],
  kind: ["what {kind} is in the picture?", "which {kind} can you see?", "which {kind} does the picture show?"],
  shape: ["what shape is {colour}?", "which shape is {colour}?", "what is the {colour} shape?"],
} satisfies Record<string, Phrasings>;

/** Kinds that nobody doubts. */
const askedKinds = ["animal", "food", "vehicle"] as const satisfies readonly ThingKind[];

export const what: QuestionMaker = (facts, r) => {
  const forms = [...aboutAlone(facts), ...aboutKinds(facts), ...aboutShapes(facts)];
  if (forms.length === 0) return undefined;
  const { phrasings, slots, about, answer } = r.pick(forms);
  return { kind: "what", question: fill(r.pick(phrasings), slots), answer, items: [about.index] };
};

type Form = { phrasings: Phrasings; slots?: Record<string, string>; about: Seen; answer: string };

function aboutAlone({ items, clear }: Facts): Form[] {
  const [only] = clear;
  if (items.length !== 1 || !only || !isThing(only)) return [];
  return [{ phrasings: whatPhrasings.alone, about: only, answer: only.name }];
}

/** The only animal, if nothing else could be one. */
function aboutKinds({ items }: Facts): Form[] {
  return askedKinds.flatMap((kind) => {
    const [only, second] = items.filter((seen) => kindOf(seen) === kind);
    if (!only || second || only.state !== "clear") return [];
    return [{ phrasings: whatPhrasings.kind, slots: { kind }, about: only, answer: only.name }];
  });
}

/** The only shape of its colour, and no sign is of that colour. */
function aboutShapes({ items, clear }: Facts): Form[] {
  return clear.filter(isShape).flatMap((seen): Form[] => {
    const { colour, shape } = seen.item;
    const same = items.filter(({ item }) => colour === (item.kind === "shape" ? item.colour : boardOf(item)));
    return same.length === 1 ? [{ phrasings: whatPhrasings.shape, slots: { colour }, about: seen, answer: shape }] : [];
  });
}

const boardOf = (item: Item) => (item.kind === "sign" ? item.board : undefined);
