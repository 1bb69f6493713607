/** Scenes for stories: nothing is covered and nothing is drawn, so that the words decide what is so. */
import {
  isHeldOutPair,
  isHeldOutText,
  mixedScene,
  SCENE_SIZE,
  sceneFacts,
  shuffled,
  signTexts,
  type Facts,
  type Item,
  type Random,
  type Scene,
} from "../../lib/scenes";
import type { CorpusSplit } from "./documents";

const signLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Facts of a scene of at most `most` items, laid out on a grid so that relations are clear, all of them in full view. */
export function storyFacts(seed: number, r: Random, split: CorpusSplit, most: number): Facts {
  const pairs = split === "test" && r.chance(0.3) ? "heldout" : "any";
  const recipe = pairs === "heldout" ? r.pick(["pair", "group"] as const) : recipeFor(r, most);
  const scene = mixedScene(seed, { split, pairs, ...(recipe ? { recipe } : {}) });
  const items = spread(scene.items.slice(0, most), r).map((item) => (item.kind === "sign" ? withText(item, r, split) : item)); // prettier-ignore
  return inFullView({ ...scene, items });
}

/** Two things that never stand together in training, or a text that no sign of training says. */
export function isHeldOutStory({ items }: Facts): boolean {
  const shown = items.flatMap(({ item }) => (item.kind === "thing" ? [item.thing] : []));
  const apart = shown.some((one, i) => shown.slice(0, i).some((other) => isHeldOutPair(one, other)));
  return apart || items.some(({ item }) => item.kind === "sign" && isHeldOutText(item.text));
}

/** A text for a sign: most are letters and digits at random, so that no text can be known by heart. */
export function signText(r: Random, split: CorpusSplit, made = 0.7): string {
  for (;;) {
    const length = 2 + r.int(4);
    const letters = () => Array.from({ length }, () => signLetters[r.int(signLetters.length)]!).join("");
    const text = r.chance(made) ? letters() : r.pick(signTexts);
    if (split === "test" || !isHeldOutText(text)) return text;
  }
}

/** Few items: pairs and signs, about which most is asked that is hard to learn. */
function recipeFor(r: Random, most: number) {
  if (most > 2) return r.chance(0.25) ? r.pick(["sign", "pair"] as const) : undefined;
  return r.pick(["pair", "pair", "pair", "sign", "sign", "shapes"] as const);
}

function withText<T extends Item & { kind: "sign" }>(sign: T, r: Random, split: CorpusSplit): T {
  const text = signText(r, split);
  return { ...sign, text, size: Math.max(sign.size, Math.ceil((text.length * 6 + 3) * 1.6)) };
}

/** Places on a grid of 3 × 3; of two items, the second is in the row or the column of the first. */
function spread(items: readonly Item[], r: Random): Item[] {
  const cells = shuffled(r, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const [first] = cells as [number];
  const inLine = (cell: number) => cell % 3 === first % 3 || Math.floor(cell / 3) === Math.floor(first / 3);
  const aligned = cells.filter(inLine);
  const taken = items.length <= 2 ? aligned : cells;
  return items.map((item, i) => {
    const cell = taken[i]!;
    const centre = (at: number) => Math.round(SCENE_SIZE / 2 + (at - 1) * 42 + r.range(-3, 3));
    return { ...item, x: centre(cell % 3), y: centre(Math.floor(cell / 3)), size: 15 + r.int(22) };
  });
}

function inFullView(scene: Scene): Facts {
  const facts = sceneFacts(scene);
  const items = facts.items.map((seen) => ({ ...seen, state: "clear" as const, visible: 1 }));
  return { ...facts, items, clear: items, doubtful: false };
}
