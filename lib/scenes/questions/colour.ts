/** Colour: of a shape, of the sign's board, of the ground. Drawings of things have colours of their own: not asked. */
import { isShape, isSign, type Facts, type Seen } from "../facts";
import { fill } from "../grammar";
import { groundColourOf, groundColours } from "../ground-colour";
import { shapeColours } from "../scene";
import type { Phrasings, QuestionMaker } from "./question";

export const colourPhrasings = {
  item: ["what colour is the {name}?", "which colour does the {name} have?", "what is the colour of the {name}?"],
  ground: ["what colour is the ground?", "what is the colour of the ground?", "which colour does the ground have?"],
} satisfies Record<string, Phrasings>;

export const colour: QuestionMaker = (facts, r) => {
  const items = asked(facts);
  const ground = groundColourOf(facts.ground);
  if (items.length > 0 && (!ground || r.chance(0.75))) {
    const { seen, name, answer } = r.pick(items);
    return {
      kind: "colour",
      question: fill(r.pick(colourPhrasings.item), { name }),
      answer,
      choices: Object.keys(shapeColours),
      items: [seen.index],
    };
  }
  // Random grounds are most often green, then blue: asked less, so that green is not a good guess.
  if (!ground || (ground === "green" && r.chance(0.5)) || (ground === "blue" && r.chance(0.25))) return undefined;
  return {
    kind: "colour",
    question: fill(r.pick(colourPhrasings.ground)),
    answer: ground,
    choices: groundColours,
    items: [],
  };
};

type Asked = { seen: Seen; name: string; answer: string };

/** The only circle, the only sign. */
function asked({ items, clear }: Facts): Asked[] {
  return clear.flatMap((seen): Asked[] => {
    if (isSign(seen)) {
      return items.filter(isSign).length === 1 ? [{ seen, name: "sign", answer: seen.item.board }] : [];
    }
    if (!isShape(seen)) return [];
    const { shape, colour: answer } = seen.item;
    const same = items.filter((other) => isShape(other) && other.item.shape === shape);
    return same.length === 1 ? [{ seen, name: shape, answer }] : [];
  });
}
