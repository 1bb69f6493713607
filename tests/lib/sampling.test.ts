/**
 * Choosing a token: the steps against transformers' logits processors (`python -m training architectures language`), the
 * draw against its probabilities, stop strings against every way to cut a text into tokens.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  checkSampling,
  draw,
  highest,
  logProbability,
  processLogits,
  randomNumbers,
  type SamplingOptions,
} from "../../lib/generation/sampling";
import { openStopScanner } from "../../lib/generation/stop-strings";

type Golden = {
  logits: number[][];
  inputIds: number[][];
  golden: { row: number; options: SamplingOptions; scores: (number | null)[] }[];
};
const { logits, inputIds, golden } = JSON.parse(readFileSync("tests/fixtures/sampling/golden.json", "utf8")) as Golden;

describe("processLogits, as transformers", () => {
  test.each(golden.map(({ row, options, scores }) => [row, options, scores] as const))(
    "row %i, %j",
    (row, options, wanted) => {
      const scores = processLogits(Float32Array.from(logits[row]!), inputIds[row]!, options);
      expect([...scores].map((score) => score === -Infinity)).toEqual(wanted.map((score) => score === null));
      wanted.forEach((score, id) => {
        if (score !== null) expect(Math.abs(scores[id]! - score)).toBeLessThan(1e-5);
      });
    },
  );

  test("top p of equals keeps the lowest ids", () => {
    const kept = processLogits(new Float32Array(8), [], { temperature: 1, topP: 0.5 });
    expect([...kept].map((score) => score > -Infinity)).toEqual([true, true, true, true, false, false, false, false]);
    expect(highest(processLogits(new Float32Array(5), [], { temperature: 1, topP: 1e-9 }))).toBe(0);
  });

  test("the logits stay as they are", () => {
    const row = Float32Array.from(logits[0]!);
    processLogits(row, [1, 2], { temperature: 0.5, topK: 3, topP: 0.5, repetitionPenalty: 2 });
    expect([...row]).toEqual([...Float32Array.from(logits[0]!)]);
  });

  test("a vocabulary of 128,256 takes milliseconds", () => {
    const random = randomNumbers(5);
    const many = Float32Array.from({ length: 128_256 }, () => random() * 20 - 10);
    const started = performance.now();
    const scores = processLogits(many, [1, 2, 3], { temperature: 0.6, topP: 0.9, topK: 1000, repetitionPenalty: 1.1 });
    draw(scores, random());
    expect(performance.now() - started).toBeLessThan(500);
    expect(scores.filter((score) => score > -Infinity).length).toBeLessThanOrEqual(1000);
  });
});

test("of equal scores the lowest id is the highest", () => {
  expect(highest([1, 3, 2, 3])).toBe(1);
  expect(highest(Float32Array.from([0, 0, 0]))).toBe(0);
});

describe("draw", () => {
  test("as often as the probabilities say", () => {
    const scores = Float64Array.from([0, Math.log(2), -Infinity, Math.log(5)]);
    const random = randomNumbers(1);
    const counts = [0, 0, 0, 0];
    const draws = 40_000;
    for (let i = 0; i < draws; i++) counts[draw(scores, random())]!++;
    // Four standard deviations of a count.
    [1 / 8, 2 / 8, 0, 5 / 8].forEach((p, id) => {
      expect(Math.abs(counts[id]! - p * draws)).toBeLessThanOrEqual(4 * Math.sqrt(p * (1 - p) * draws));
    });
  });

  test("the ends of the range", () => {
    const scores = Float64Array.from([-Infinity, 0, 0, -Infinity]);
    expect(draw(scores, 0)).toBe(1);
    expect(draw(scores, 1 - 2 ** -53)).toBe(2);
    expect(draw(scores, 1)).toBe(2);
  });
});

test("randomNumbers: from 0 up to 1, the same for the same seed, another for another", () => {
  const first = (seed: number) => {
    const random = randomNumbers(seed);
    return Array.from({ length: 1000 }, random);
  };
  expect(first(7)).toEqual(first(7));
  expect(first(7)).not.toEqual(first(8));
  expect(first(-1).every((x) => x >= 0 && x < 1)).toBe(true);
  expect(first(3).reduce((sum, x) => sum + x, 0) / 1000).toBeCloseTo(0.5, 1);
  expect(randomNumbers(0)()).toBe(0.26642920822150806); // written down, so that a text stays the same over the years
});

test("logProbability: all of them sum to 1, whatever the scale", () => {
  const row = Float32Array.from([1000, 999, 990, -1000]);
  const sum = [0, 1, 2, 3].reduce((total, id) => total + Math.exp(logProbability(row, id)), 0);
  expect(sum).toBeCloseTo(1, 12);
  expect(logProbability(row, 0)).toBeCloseTo(-Math.log(1 + Math.exp(-1) + Math.exp(-10)), 12);
});

test.each<[SamplingOptions, string]>([
  [{ temperature: -1 }, "a temperature of 0 or more, got -1"],
  [{ temperature: Number.NaN }, "got NaN"],
  [{ topK: 0 }, "topK of 1 or more"],
  [{ topK: 1.5 }, "a whole number, got 1.5"],
  [{ topP: 0 }, "topP above 0 and up to 1, got 0"],
  [{ topP: 1.1 }, "got 1.1"],
  [{ repetitionPenalty: 0 }, "repetitionPenalty above 0"],
])("%j is refused", (options, message) => {
  expect(() => checkSampling(options)).toThrow(message);
});

describe("stop strings", () => {
  /** What is shown of a text that comes in pieces. */
  const shown = (pieces: readonly string[], stop: readonly string[]) => {
    const scanner = openStopScanner(stop);
    let text = "";
    for (const piece of pieces) {
      const step = scanner.push(piece);
      text += step.text;
      if (step.stopped) return { text, stopped: true };
    }
    return { text: text + scanner.end(), stopped: false };
  };
  /** All ways to cut a text into pieces. */
  const cuts = (text: string): string[][] =>
    text.length < 2
      ? [[text]]
      : cuts(text.slice(1)).flatMap(([first, ...rest]) => [
          [text[0]!, first!, ...rest],
          [text[0]! + first!, ...rest],
        ]);

  test.each([
    ["ab\n\ncd", ["\n\n"], "ab", true],
    ["ab\ncd", ["\n\n"], "ab\ncd", false],
    ["aaab", ["aab"], "a", true],
    ["xaby", ["abc", "by"], "xa", true],
    ["stop", ["stop"], "", true],
    ["a stopp", ["stopping"], "a stopp", false],
    ["none", [], "none", false],
  ])("%j, stopped by %j", (text, stop, wanted, stopped) => {
    for (const pieces of cuts(text)) expect(shown(pieces, stop)).toEqual({ text: wanted, stopped });
  });

  test("of two that are found, the earlier one counts; only what may be a beginning is held back", () => {
    expect(shown(["one two three"], ["three", "two"])).toEqual({ text: "one ", stopped: true });
    const scanner = openStopScanner(["END"]);
    expect(scanner.push("abE")).toEqual({ text: "ab", stopped: false });
    expect(scanner.push("x")).toEqual({ text: "Ex", stopped: false });
  });
});
