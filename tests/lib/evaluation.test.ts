/** The fixed questions are what their seeds draw, and answers are scored and compared as Python does it. */
import { readFileSync, statSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compare, evaluationSplits, isRight, score, share, type QuestionSet } from "../../lib/evaluation";
import { picturePrint, drawScene, type Atlas } from "../../lib/scenes";
import { EVALUATED, evaluationScene, splitOf } from "../../scripts/evaluation/draw-question-set";
import { answersTo, know } from "./scenes-answers";
import { builtAtlas } from "./scenes-atlas";
import { observe } from "./scenes-judge";

const FILE = "public/evaluation/questions.json";
const set = JSON.parse(readFileSync(FILE, "utf8")) as QuestionSet;

/** Of the scenes 0, 50, … 200. */
const PRINTS = {
  training: ["7de5343ea6af7f74", "e86459fb6ef6324d", "36990c2a4e153fa4", "03cfde3e005341c8", "811ebc9e3f067fac"],
  heldOut: ["e198279457a53a12", "fe8ac0ec19350a9a", "dc7cedbea40b00e4", "c6b747e3fc3f8bd1", "8d030fab4afb4181"],
};

let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
});

describe(FILE, () => {
  test("is small enough to ship, and has questions of every kind in both splits", () => {
    expect(statSync(FILE).size).toBeLessThan(600_000);
    for (const split of evaluationSplits) {
      expect(set.splits[split].length).toBe(EVALUATED);
      const kinds = new Set(set.splits[split].flatMap(({ questions }) => questions.map(({ kind }) => kind)));
      expect([...kinds].sort()).toEqual(
        ["what", "is there", "how many", "where", "colour", "size", "read", "odd one out"].sort(),
      );
    }
  });

  test.each(evaluationSplits)("%s: scene k is what its seed draws, with what is asked about it", (split) => {
    for (let k = 0; k < EVALUATED; k += 9) {
      const drawn: unknown = JSON.parse(JSON.stringify(evaluationScene(k, splitOf[split], atlas))); // where -0 is 0
      expect(set.splits[split][k], `scene ${k}`).toEqual(drawn);
    }
  });

  // Of the pictures that Python was shown. Other numbers: the drawing changed, and every answers.json is out of date.
  test.each(Object.entries(PRINTS))("%s: its pictures are those that Python was shown", (split, prints) => {
    const here = [0, 50, 100, 150, 200].map((k) =>
      picturePrint(drawScene(set.splits[split as "training"][k]!.scene, atlas)),
    );
    expect(here).toEqual(prints);
  });

  test.each(evaluationSplits)("%s: a judge who looks at the picture gives the same answers", (split) => {
    let judged = 0;
    for (let k = 4; k < EVALUATED; k += 25) {
      const { scene, questions } = set.splits[split][k]!;
      const known = know(observe(scene, atlas), atlas);
      for (const { question, answer } of questions) {
        if (/ground/.test(question)) continue; // judged by pixels, in scenes-truth.test.ts
        expect(answersTo(question, known, scene, atlas), `scene ${k}: ${question}`).toEqual([answer]);
        judged++;
      }
    }
    expect(judged).toBeGreaterThan(25);
  });
});

describe("scores", () => {
  const question = (kind: "read" | "what", answer: string) => ({ kind, question: "?", answer });

  test("capitals and what stands around do not count, all else does", () => {
    expect(isRight(question("read", "STOP"), " stop\n")).toBe(true);
    expect(isRight(question("read", "STOP"), "stops")).toBe(false);
    expect(isRight(question("what", "a cat"), "cat")).toBe(false);
  });

  test("shares and their intervals are those of training/evaluate.py", () => {
    expect(share(85, 100)).toEqual({ accuracy: 0.85, right: 85, count: 100, interval95: [0.7672, 0.9069] });
    expect(share(3, 4).interval95).toEqual([0.3006, 0.9544]);
    expect(share(0, 7).interval95).toEqual([0, 0.3543]);
    expect(share(0, 30).interval95).toEqual([0, 0.1135]); // not -0
    expect(share(1007, 1007).interval95).toEqual([0.9962, 1]);
    expect(share(0, 0)).toEqual({ accuracy: 0, right: 0, count: 0, interval95: [0, 1] });
  });

  test("by kind, and of signs those that are read", () => {
    const { accuracy, kinds, signs } = score([
      { question: question("read", "STOP"), answer: "stop" },
      { question: question("read", "yes"), answer: "no" },
      { question: question("what", "fox"), answer: "fox" },
      { question: question("what", "cat"), answer: "fox" },
    ]);
    expect(accuracy).toBe(0.5);
    expect(Object.entries(kinds).map(([kind, { right, count }]) => [kind, right, count])).toEqual([
      ["read", 1, 2],
      ["what", 1, 2],
    ]);
    expect([signs.right, signs.count]).toEqual([1, 1]);
  });
});

describe("comparing", () => {
  const small: QuestionSet = {
    splits: { training: set.splits.training.slice(0, 2), heldOut: set.splits.heldOut.slice(0, 1) },
  };
  const right = {
    training: small.splits.training.map(({ questions }) => questions.map(({ answer }) => answer)),
    heldOut: small.splits.heldOut.map(({ questions }) => questions.map(({ answer }) => answer)),
  };
  const all = [...right.training.flat(), ...right.heldOut.flat()].length;

  test("counts what is the same, and tells where one differs", () => {
    expect(compare(small, right, right)).toEqual({ compared: all, differences: [] });
    const here = { ...right, training: [right.training[0]!, ["something", ...right.training[1]!.slice(1)]] };
    const [difference, ...others] = compare(small, here, right).differences;
    expect(others).toEqual([]);
    expect(difference).toEqual({
      ...small.splits.training[1]!.questions[0],
      split: "training",
      scene: 1,
      here: "something",
      there: right.training[1]![0],
    });
  });

  test("fewer answers here are compared as far as they go; fewer there are refused", () => {
    const fewer = { training: [right.training[0]!.slice(0, 1)] };
    expect(compare(small, fewer, right)).toEqual({ compared: 1, differences: [] });
    expect(() => compare(small, right, fewer)).toThrow(
      "evaluation: expected an answer to question 1 of scene 0 (training) on both sides, got one here alone",
    );
  });
});
