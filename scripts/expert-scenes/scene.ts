/** The scenes that experts and models that answer questions are trained and measured with, and what is asked about each. */
import {
  isHeldOutPair,
  isHeldOutText,
  mixedScene,
  questionsOf,
  random,
  randomScene,
  SCENE_SIZE,
  signTexts,
  splits,
  type Atlas,
  type Facts,
  type Item,
  type Question,
  type Random,
  type Scene,
  type SignItem,
  type Split,
} from "../../lib/scenes";

/** Far from the splits' own streams, which are 1 to 3. */
const STREAM = 40;

export type SceneKind = {
  split: Split;
  /** Whether the drawings are changed at random, for training [false] */
  augment?: boolean;
  /** Whether each scene is for reading [one in six] */
  signs?: boolean;
  /** Scenes of several things only: with two that never stand together in training, or without such a pair */
  pairs?: (typeof pairKinds)[number];
};

export const pairKinds = ["heldout", "known"] as const;

/** The scene of a seed; which kind of scene it is comes from the seed too. */
export function expertScene(seed: number, kind: SceneKind, atlas: Atlas): Scene {
  const { split, signs = false, augment = false, pairs } = kind;
  const r = random(seed, STREAM + splits.indexOf(split));
  if (pairs === "heldout") return mixedScene(seed, { split, augment, pairs }, atlas);
  if (pairs === "known") return knownPairs(seed, r, { split, augment }, atlas);
  if (!signs) {
    const which = r.next();
    if (which < 0.15) return randomScene(seed, { split, augment, things: 1 }, atlas);
    if (which > 0.3) return mixedScene(seed, { split, augment }, atlas);
    const scene = mixedScene(seed, { split, augment, recipe: "sign" }, atlas);
    // Reading is learnt from any letters; what is measured are the signs as they are.
    if (split !== "train" || r.chance(0.5)) return scene;
    return { ...scene, items: scene.items.map((item) => (isSign(item) ? withText(item, split, r) : item)) };
  }
  const scene = randomScene(seed, { split, augment, things: r.int(3), shapes: r.int(2), signs: 1 }, atlas);
  return { ...scene, items: scene.items.map((item) => (isSign(item) ? withText(item, split, r) : item)) };
}

/** As the scenes of held-out pairs are made, but for the pair. */
function knownPairs(seed: number, r: Random, options: { split: Split; augment: boolean }, atlas: Atlas): Scene {
  const recipe = r.pick(["pair", "group"] as const);
  for (let k = 0; ; k++) {
    const scene = mixedScene(seed + k * 1_000_003, { ...options, recipe }, atlas);
    const names = scene.items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
    if (!names.some((a, i) => names.slice(i + 1).some((b) => isHeldOutPair(a, b)))) return scene;
  }
}

/** What is asked about a scene, with the answers: two questions of a kind in train, else one. */
export function askedAbout(
  facts: Facts,
  seed: number,
  split: Split,
): Pick<Question, "kind" | "question" | "answer" | "choices">[] {
  return questionsOf(facts, seed, { split, perKind: split === "train" ? 2 : 1 }).map(
    ({ kind, question, answer, choices }) => ({ kind, question, answer, choices }),
  );
}

export function isSign(item: Item): item is SignItem {
  return item.kind === "sign";
}

/** Mostly any letters and digits, so that reading is all that helps; the board grows with them. */
function withText(sign: SignItem, split: Split, r: Random): SignItem {
  let text = anyText(r);
  while (split === "train" && isHeldOutText(text)) text = anyText(r);
  const size = Math.max(sign.size, 13 * text.length);
  const x = Math.max(size / 2, Math.min(SCENE_SIZE - size / 2, sign.x));
  return { ...sign, text, size, x };
}

function anyText(r: Random): string {
  if (r.chance(0.25)) return r.pick(signTexts);
  const characters = r.chance(0.3) ? "0123456789" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return Array.from({ length: 1 + Math.min(r.int(8), r.int(8)) }, () => r.pick([...characters])).join("");
}
