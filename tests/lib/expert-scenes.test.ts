/** What scripts/expert-scenes.ts draws: pairs of things that training never shows together, and scenes without such a pair. */
import { beforeAll, expect, test } from "vitest";
import { isHeldOutPair, type Atlas, type Scene } from "../../lib/scenes";
import { expertScene } from "../../scripts/expert-scenes/scene";
import { builtAtlas } from "./scenes-atlas";

const SEEDS = Array.from({ length: 300 }, (_, i) => 1_000_000 + i);
let atlas: Atlas;
beforeAll(async () => void (atlas = await builtAtlas()), 120_000);

function hasHeldOutPair({ items }: Scene): boolean {
  const names = items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
  return names.some((a, i) => names.slice(i + 1).some((b) => isHeldOutPair(a, b)));
}

test.each([
  ["heldout", SEEDS.length],
  ["known", 0],
] as const)("--pairs %s: of 300 scenes %i show two things that training never shows together", (pairs, count) => {
  const scenes = SEEDS.map((seed) => expertScene(seed, { split: "test", pairs }, atlas));
  expect(scenes.filter(hasHeldOutPair)).toHaveLength(count);
});

test("training never shows such a pair, and cannot be asked for one", () => {
  const scenes = SEEDS.map((seed) => expertScene(seed, { split: "train", augment: true }, atlas));
  expect(scenes.filter(hasHeldOutPair)).toEqual([]);
  expect(() => expertScene(1, { split: "train", pairs: "heldout" }, atlas)).toThrow(/train, which never shows them/);
});
