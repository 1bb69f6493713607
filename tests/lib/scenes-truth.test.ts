/** What is said about scenes is right: asked again of a judge who looks at pictures (scenes-judge.ts, scenes-answers.ts). */
import { beforeAll, describe, expect, test } from "vitest";
import {
  drawWithTruth,
  mixedScene,
  questionKinds,
  questionsOf,
  sceneFacts,
  splits,
  type Atlas,
  type Question,
  type Scene,
  type SceneTruth,
} from "../../lib/scenes";
import { answersTo, know } from "./scenes-answers";
import { colourOf, covered, observe, patchesOn, readSign, shapeOf, type Observed } from "./scenes-judge";
import { builtAtlas } from "./scenes-atlas";

type Sample = {
  seed: number;
  scene: Scene;
  truth: SceneTruth;
  observed: Observed[];
  questions: Question[];
  /** What is in the picture, for whoever draws the line between seen and not seen here or there. */
  known: ReturnType<typeof know>[];
};

let atlas: Atlas;
let samples: Sample[];

beforeAll(async () => {
  atlas = await builtAtlas();
  samples = Array.from({ length: 200 }, (_, seed) => {
    const split = splits[seed % 3]!;
    const scene = covered(mixedScene(seed, { split, augment: split === "train" }, atlas), seed);
    const drawn = drawWithTruth(scene, atlas);
    const facts = sceneFacts(scene, drawn);
    const questions = questionsOf(facts, seed, { split, perKind: 3 });
    const observed = observe(scene, atlas);
    const known = [0.08, 0.33, 0.58].map((threshold) => know(observed, atlas, threshold));
    return { seed, scene, truth: drawn.truth, observed, questions, known };
  });
}, 120_000);

describe("what is where", () => {
  test("boxes and visible shares are those of the items drawn alone", () => {
    for (const { seed, truth, observed } of samples) {
      observed.forEach(({ box, visible }, i) => {
        const said = truth.items[i]!;
        if (!box || !said.box) return expect([seed, said.box]).toEqual([seed, box]);
        const { x, y, width, height } = said.box;
        for (const [a, b] of [
          [x, box.left],
          [y, box.top],
          [x + width, box.right],
          [y + height, box.bottom],
        ] as const) {
          expect(Math.abs(a - b), `scene ${seed}, item ${i}`).toBeLessThanOrEqual(1); // one level of rounding at the rim
        }
        expect(Math.abs(said.visible - visible)).toBeLessThan(0.1); // small items are mostly rim
      });
    }
  });

  test("shapes have the colour and the outline that they are said to have", () => {
    const shapes = samples.flatMap(({ observed }) => observed.filter(({ item, box }) => item.kind === "shape" && box));
    expect(shapes.length).toBeGreaterThan(150);
    for (const seen of shapes) {
      if (seen.item.kind !== "shape") continue;
      expect(colourOf(seen, atlas)).toBe(seen.item.colour);
      const { left, top, right, bottom } = seen.box!;
      const cut = left === 0 || top === 0 || right === 128 || bottom === 128;
      if (!cut && right - left >= 16) expect(shapeOf(seen), JSON.stringify(seen.item)).toBe(seen.item.shape);
    }
  });

  test("signs say what they are said to say, letter by letter", () => {
    let letters = 0;
    for (let seed = 0; seed < 150; seed++) {
      const { items } = mixedScene(seed, { recipe: "sign", split: splits[seed % 3]! }, atlas);
      const sign = items.find((item) => item.kind === "sign")!;
      if (sign.kind !== "sign" || sign.size / (sign.text.length * 6 + 3) < 1.5) continue;
      expect(readSign({ ...sign, x: 64, y: 64 }, atlas)).toBe(sign.text);
      letters += sign.text.length;
    }
    expect(letters).toBeGreaterThan(200);
  });

  test("there are as many patches on the ground as shapes that do not touch", () => {
    let compared = 0;
    for (let seed = 0; seed < 200; seed++) {
      const scene = mixedScene(seed, { recipe: "shapes" }, atlas);
      if (scene.items.some(({ kind }) => kind !== "shape")) continue;
      const boxes = observe(scene, atlas).map(({ box }) => box!);
      const apart = boxes.every((a, i) =>
        boxes.every(
          (b, j) =>
            i === j || a.left > b.right + 1 || b.left > a.right + 1 || a.top > b.bottom + 1 || b.top > a.bottom + 1,
        ),
      );
      const facts = sceneFacts(scene, drawWithTruth(scene, atlas));
      if (!apart || facts.doubtful) continue;
      expect(patchesOn(scene, atlas), `scene ${seed}`).toBe(facts.items.length);
      compared++;
    }
    expect(compared).toBeGreaterThan(15);
  });
});

describe("questions", () => {
  test.each(questionKinds)("%s: the judge gives the same answer, and no other", (kind) => {
    let judged = 0;
    for (const { seed, scene, known, questions } of samples) {
      const asked = questions.filter((question) => question.kind === kind);
      if (asked.length === 0) continue;
      for (const seen of known) {
        for (const { question, answer } of asked) {
          if (/ground/.test(question)) continue;
          const answers = answersTo(question, seen, scene, atlas);
          expect(answers, `scene ${seed}: ${question}`).toEqual([answer]);
          judged++;
        }
      }
    }
    expect(judged).toBeGreaterThan(90);
  });

  test("the ground has the hue that is said, by its pixels", () => {
    let judged = 0;
    for (const { seed, scene, questions } of samples) {
      const asked = questions.find(({ question }) => /ground/.test(question));
      if (!asked) continue;
      const { data } = drawWithTruth({ ...scene, items: [] }, atlas).picture;
      const mean = [0, 1, 2].map(
        (c) => data.filter((_, i) => i % 4 === c).reduce((sum, v) => sum + v, 0) / (128 * 128),
      );
      expect(
        hueFits(asked.answer, mean as [number, number, number]),
        `scene ${seed}: ${asked.answer} ${mean.join()}`,
      ).toBe(true);
      judged++;
    }
    expect(judged).toBeGreaterThan(60);
  });
});

/** Hues as artists give them, in degrees, wide enough for taste; greys by how little their channels differ. */
function hueFits(name: string, [r, g, b]: [number, number, number]): boolean {
  const light = Math.max(r, g, b);
  const spread = light - Math.min(r, g, b);
  if (name === "white") return spread < 14 && light > 225;
  if (name === "black") return spread < 14 && light < 45;
  if (name === "grey") return spread < 14 && light > 30 && light < 245;
  const degrees = ((Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI + 360) % 360;
  const hues: Record<string, [number, number][]> = {
    red: [
      [0, 18],
      [342, 360],
    ],
    orange: [[12, 50]],
    brown: [[8, 50]],
    yellow: [[42, 74]],
    green: [[64, 168]],
    turquoise: [[158, 200]],
    blue: [[188, 260]],
    purple: [[250, 305]],
    pink: [[295, 350]],
  };
  return spread >= 30 && hues[name]!.some(([from, to]) => degrees >= from && degrees <= to);
}
