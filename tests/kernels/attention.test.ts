import { describe, expect, test } from "vitest";
import { attention, attentionProbs } from "../../lib/kernels";
import {
  DIVISION_ERROR,
  expectOutside,
  expectWithin,
  expError,
  folded,
  gamma,
  launch,
  loops,
  U,
  uniform,
} from "./compare";

type Shape = { heads: number; queries: number; keys: number; size: number; scale: number };

const shapes: [name: string, shape: Omit<Shape, "scale">, magnitude: number][] = [
  ["one query, one key", { heads: 1, queries: 1, keys: 1, size: 1 }, 1],
  ["one query, many keys", { heads: 2, queries: 1, keys: 70, size: 8 }, 1],
  ["many queries, one key", { heads: 1, queries: 9, keys: 1, size: 8 }, 1],
  ["below a workgroup", { heads: 2, queries: 5, keys: 6, size: 7 }, 1],
  ["exactly a block of keys and of queries", { heads: 1, queries: 4, keys: 64, size: 64 }, 1],
  ["one above", { heads: 3, queries: 5, keys: 65, size: 65 }, 1],
  ["several blocks, heads of ViT-B", { heads: 2, queries: 6, keys: 197, size: 64 }, 3],
  ["the longest head", { heads: 1, queries: 3, keys: 66, size: 256 }, 1],
  ["scores that would overflow exp()", { heads: 1, queries: 3, keys: 130, size: 16 }, 60],
];

function inputsFor({ heads, queries, keys, size }: Omit<Shape, "scale">, magnitude: number): Float32Array[] {
  return [
    uniform(heads * queries * size, magnitude, 1),
    uniform(heads * keys * size, magnitude, 2),
    uniform(heads * keys * size, 1, 3),
  ];
}

/** For a row of scores: how far off one may be, and how far they are apart. */
function scoresOf([q, k]: Float32Array[], { queries, keys, size, scale }: Shape, row: number) {
  const head = Math.floor(row / queries);
  const scores = [];
  let error = 0;
  for (let s = 0; s < keys; s++) {
    let [score, magnitude] = [0, 0];
    for (let e = 0; e < size; e++) {
      const product = q![row * size + e]! * k![(head * keys + s) * size + e]! * scale;
      score += product;
      magnitude += Math.abs(product);
    }
    scores.push(score);
    error = Math.max(error, gamma(size + 3) * magnitude); // the products, their sum, the scale and its own rounding
  }
  const highest = Math.max(...scores);
  return { scores, error, highest, spread: highest - Math.min(...scores) };
}

/**
 * A weight exp(score - highest) inherits the absolute error of its score and of the highest as a relative one, adds
 * that of a rounded difference and of exp, and is rescaled at most once per block by another such exp. Sums over the
 * keys round once per key and once per block. Weights and total are both off by this, then one division.
 */
function bounds(inputs: Float32Array[], shape: Shape) {
  const blocks = Math.ceil(shape.keys / 64);
  const v = inputs[2]!;
  const rows = Array.from({ length: shape.heads * shape.queries }, (_, row) => {
    const { scores, error, highest, spread } = scoresOf(inputs, shape, row);
    const weight = 2 * error + (blocks + 1) * (U * spread + expError(spread) + 2 * U);
    const total = weight + gamma(shape.keys + blocks);
    const sum = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
    const output = Array.from({ length: shape.size }, (_, e) => {
      const head = Math.floor(row / shape.queries);
      const average = scores.reduce(
        (average, score, s) =>
          average + (Math.exp(score - highest) / sum) * Math.abs(v[(head * shape.keys + s) * shape.size + e]!),
        0,
      );
      return 1.01 * (weight + total + gamma(shape.keys + 1) + DIVISION_ERROR) * average;
    });
    const log = Math.log(sum);
    const logError = sum <= 2 ? 2 ** -21 : 6 * U * log; // WGSL: 2⁻²¹ near 1, else 3 ULP
    const logSumExp = 1.01 * (error + total + logError + U * Math.abs(highest) + U * Math.abs(highest + log));
    return { output, logSumExp };
  });
  return {
    output: (i: number) => rows[Math.floor(i / shape.size)]!.output[i % shape.size]!,
    logSumExp: (row: number) => rows[row]!.logSumExp,
  };
}

describe("attention", () => {
  test.each(shapes)("%s: %j", async (_, sizes, magnitude) => {
    const shape = { ...sizes, scale: 1 / Math.sqrt(sizes.size) };
    const inputs = inputsFor(sizes, magnitude);
    const [output, logSumExp] = loops(attention, inputs, shape);
    const bound = bounds(inputs, shape);
    for (const kernel of [attention, folded(attention)]) {
      const actual = await launch(kernel, inputs, shape);
      expectWithin(actual[0]!, output!, bound.output);
      expectWithin(actual[1]!, logSumExp!, bound.logSumExp);
    }
  });

  test("control: another scale, another output", async () => {
    const shape = { heads: 1, queries: 4, keys: 9, size: 8, scale: 0.3 };
    const inputs = inputsFor(shape, 1);
    const [output] = await launch(attention, inputs, { ...shape, scale: 0.31 });
    expectOutside(output!, loops(attention, inputs, shape)[0]!, bounds(inputs, shape).output);
  });
});

describe("attentionProbs", () => {
  test.each(shapes)("%s: %j", async (_, sizes, magnitude) => {
    const shape = { ...sizes, scale: 1 / Math.sqrt(sizes.size) };
    const inputs = inputsFor(sizes, magnitude);
    const logSumExp = Float32Array.from(loops(attention, inputs, shape)[1]!);
    const head = sizes.heads - 1;
    const mapInputs = [inputs[0]!, inputs[1]!, logSumExp];
    const expected = loops(attentionProbs, mapInputs, { ...shape, head })[0]!;
    const errors = Array.from({ length: sizes.queries }, (_, t) => scoresOf(inputs, shape, head * sizes.queries + t));
    const bound = (i: number) => {
      const row = errors[Math.floor(i / sizes.keys)]!;
      const d = row.scores[i % sizes.keys]! - logSumExp[head * sizes.queries + Math.floor(i / sizes.keys)]!;
      return 1.01 * (row.error + U * Math.abs(d) + expError(d)) * expected[i]! + 2 ** -126;
    };
    for (const kernel of [attentionProbs, folded(attentionProbs)]) {
      const [p] = await launch(kernel, mapInputs, { ...shape, head });
      expectWithin(p!, expected, bound);
    }
  });

  test("the map of what attention computed: rows sum to 1, and average v to its output", async () => {
    const shape = { heads: 2, queries: 5, keys: 70, size: 16, scale: 0.25 };
    const inputs = inputsFor(shape, 2);
    const [output, logSumExp] = await launch(attention, inputs, shape);
    const [p] = await launch(attentionProbs, [inputs[0]!, inputs[1]!, logSumExp!], { ...shape, head: 1 });
    for (let t = 0; t < shape.queries; t++) {
      const row = p!.subarray(t * shape.keys, (t + 1) * shape.keys);
      expect(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-5);
      for (let e = 0; e < shape.size; e++) {
        const average = row.reduce((sum, value, s) => sum + value * inputs[2]![(shape.keys + s) * shape.size + e]!, 0);
        expect(Math.abs(average - output![(shape.queries + t) * shape.size + e]!)).toBeLessThan(1e-5);
      }
    }
  });

  test("control: another head has another map", async () => {
    const shape = { heads: 2, queries: 4, keys: 9, size: 8, scale: 0.3 };
    const inputs = inputsFor(shape, 1);
    const logSumExp = Float32Array.from(loops(attention, inputs, shape)[1]!);
    const [p] = await launch(attentionProbs, [inputs[0]!, inputs[1]!, logSumExp], { ...shape, head: 1 });
    expectOutside(
      p!,
      loops(attentionProbs, [inputs[0]!, inputs[1]!, logSumExp], { ...shape, head: 0 })[0]!,
      () => 1e-3,
    );
  });
});
