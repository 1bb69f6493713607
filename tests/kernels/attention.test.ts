import { describe, expect, test } from "vitest";
import { attention, attentionProbs, maskedAttention, maskedAttentionProbs } from "../../lib/kernels";
import type { AttentionShape, MaskedAttentionShape } from "../../lib/kernels/attention.reference";
import { bounds, scoresOf } from "./attention-bounds";
import { DIVISION_ERROR, expectOutside, expectWithin, expError, folded, launch, loops, U, uniform } from "./compare";

type Sizes = { heads: number; queries: number; keys: number; size: number } & Partial<AttentionShape>;

const shapes: [name: string, sizes: Sizes, magnitude: number][] = [
  ["one query, one key", { heads: 1, queries: 1, keys: 1, size: 1 }, 1],
  ["one query, many keys", { heads: 2, queries: 1, keys: 70, size: 8 }, 1],
  ["many queries, one key", { heads: 1, queries: 9, keys: 1, size: 8 }, 1],
  ["below a workgroup", { heads: 2, queries: 5, keys: 6, size: 7 }, 1],
  ["exactly a block of keys and of queries", { heads: 1, queries: 4, keys: 64, size: 64 }, 1],
  ["one above", { heads: 3, queries: 5, keys: 65, size: 65 }, 1],
  ["several blocks, heads of ViT-B", { heads: 2, queries: 6, keys: 197, size: 64 }, 3],
  ["the longest head", { heads: 1, queries: 3, keys: 66, size: 256 }, 1],
  ["scores that would overflow exp()", { heads: 1, queries: 3, keys: 130, size: 16 }, 60],
  ["a key head for three query heads, one query", { heads: 2, group: 3, queries: 1, keys: 67, size: 8 }, 1],
  ["a key head for five query heads", { heads: 2, group: 5, queries: 3, keys: 9, size: 7 }, 1],
  ["a cache with room for more", { heads: 2, group: 2, queries: 2, keys: 5, room: 9, size: 8 }, 1],
  ["causal from the start", { heads: 1, queries: 7, keys: 7, size: 8, sees: 1 }, 1],
  ["causal over blocks, none of the first sees the last", { heads: 2, queries: 131, keys: 131, size: 4, sees: 1 }, 2],
  ["causal after a cache", { heads: 1, group: 2, queries: 5, keys: 69, room: 80, size: 8, sees: 65 }, 1],
  ["fewer keys than causal would allow", { heads: 1, queries: 3, keys: 4, size: 8, sees: 3 }, 1],
];

function shapeOf(sizes: Sizes): AttentionShape {
  const { keys, size } = sizes;
  return { group: 1, room: keys, sees: keys, scale: 1 / Math.sqrt(size), ...sizes };
}

function inputsFor({ heads, group, queries, room, size }: AttentionShape, magnitude: number): Float32Array[] {
  return [
    uniform(heads * group * queries * size, magnitude, 1),
    uniform(heads * room * size, magnitude, 2),
    uniform(heads * room * size, 1, 3),
  ];
}

/** Masks of each shape that broadcasts to [B, H, T, S], with a fifth of the keys hidden, for `batch` entries. */
const maskShapes: [name: string, shape: [number, number, number, number]][] = [
  ["every batch, head, query and key", [2, 6, 5, 70]],
  ["one mask for all: [1, 1, T, S]", [1, 1, 5, 70]],
  ["padding: [B, 1, 1, S]", [2, 1, 1, 70]],
  ["by head: [1, H, 1, S]", [1, 6, 1, 70]],
  ["whole rows: [B, 1, T, 1]", [2, 1, 5, 1]],
];

function masked(
  [B, H, T, S]: [number, number, number, number],
  sizes: Partial<Sizes> = {},
): { shape: MaskedAttentionShape; inputs: Float32Array[] } {
  const unmasked = shapeOf({ heads: 4, group: 3, queries: 5, keys: 70, size: 8, ...sizes });
  const strides = { maskBatch: H * T * S, maskHead: T * S, maskQuery: S, maskKey: 1 };
  if (B === 1) strides.maskBatch = 0;
  if (H === 1) strides.maskHead = 0;
  if (T === 1) strides.maskQuery = 0;
  if (S === 1) strides.maskKey = 0;
  const mask = uniform(B * H * T * S, 1, 4).map((value) => (value < -0.6 ? -3.4028234e38 : value));
  if (S === 1) mask[B * T - 2] = -3.4028234e38; // a query that sees nothing
  return { shape: { ...unmasked, keyHeads: 2, ...strides }, inputs: [...inputsFor(unmasked, 1), mask] };
}

describe("attention", () => {
  test.each(shapes)("%s: %j", async (_, sizes, magnitude) => {
    const shape = shapeOf(sizes);
    const inputs = inputsFor(shape, magnitude);
    const [output, logSumExp] = loops(attention, inputs, shape);
    const bound = bounds(inputs, shape);
    for (const kernel of [attention, folded(attention)]) {
      const actual = await launch(kernel, inputs, shape);
      expectWithin(actual[0]!, output!, bound.output);
      expectWithin(actual[1]!, logSumExp!, bound.logSumExp);
    }
  });

  test.each<[string, Partial<AttentionShape>]>([
    ["another scale", { scale: 0.31 }],
    ["one key more to see", { sees: 3 }],
    ["one key less", { keys: 4 }],
    ["another way to share key heads", { heads: 1, group: 4, room: 18 }],
  ])("control: %s, another output", async (_, change) => {
    const shape = shapeOf({ heads: 2, group: 2, queries: 4, keys: 9, size: 8, scale: 0.3, sees: 2 });
    const inputs = inputsFor(shape, 1);
    const [output] = await launch(attention, inputs, { ...shape, ...change });
    expectOutside(output!, loops(attention, inputs, shape)[0]!, bounds(inputs, shape).output);
  });

  test("what lies beyond the keys is never read, not even NaN", async () => {
    const shape = shapeOf({ heads: 1, queries: 3, keys: 5, room: 8, size: 4, sees: 1 });
    const [q, k, v] = inputsFor(shape, 1) as [Float32Array, Float32Array, Float32Array];
    const [output] = await launch(attention, [q, k.slice().fill(NaN, 20), v.slice().fill(NaN, 20)], shape);
    expectWithin(output!, loops(attention, [q, k, v], shape)[0]!, bounds([q, k, v], shape).output);
  });
});

describe("maskedAttention", () => {
  test.each(maskShapes)("%s: %j", async (_, maskShape) => {
    const { shape, inputs } = masked(maskShape);
    const [output, logSumExp] = loops(maskedAttention, inputs, shape);
    const bound = bounds(inputs, shape);
    for (const kernel of [maskedAttention, folded(maskedAttention)]) {
      const actual = await launch(kernel, inputs, shape);
      expectWithin(actual[0]!, output!, bound.output);
      expectWithin(actual[1]!, logSumExp!, bound.logSumExp);
    }
  });

  test("a mask and a causal limit", async () => {
    const { shape, inputs } = masked([2, 1, 1, 70], { sees: 62 });
    const [output] = await launch(maskedAttention, inputs, shape);
    expectWithin(output!, loops(maskedAttention, inputs, shape)[0]!, bounds(inputs, shape).output);
  });

  test.each([-1e30, -3.4028234e38])("a query from which %d hides all it could see averages every key", async (low) => {
    // Queries 0 to 2 see nothing: the mask hides keys 0 to 2, and causal the later ones. Query 3 sees key 3 alone.
    const { shape, inputs } = masked([1, 1, 1, 200], { heads: 2, group: 1, queries: 200, keys: 200, size: 8, sees: 1 });
    inputs[3]!.fill(0).fill(low, 0, 3);
    const [output, logSumExp] = await launch(maskedAttention, inputs, shape);
    const bound = bounds(inputs, shape);
    expectWithin(output!, loops(maskedAttention, inputs, shape)[0]!, bound.output);
    const average = (e: number) => {
      let sum = 0;
      for (let s = 0; s < 200; s++) sum += inputs[2]![s * 8 + e]!;
      return sum / 200;
    };
    expectWithin(
      output!.subarray(16, 24),
      Array.from({ length: 8 }, (_, e) => average(e)),
      (e) => bound.output(16 + e),
    );
    expectWithin(output!.subarray(24, 32), inputs[2]!.subarray(24, 32), (e) => bound.output(24 + e));
    expect([...logSumExp!.subarray(0, 3)]).toEqual(new Array(3).fill(Math.fround(-1e30)));
  });

  test("control: another head's mask, another output", async () => {
    const { shape, inputs } = masked([1, 6, 1, 70]);
    const [output] = await launch(maskedAttention, inputs, { ...shape, maskHead: 0 });
    expectOutside(output!, loops(maskedAttention, inputs, shape)[0]!, bounds(inputs, shape).output);
  });
});

describe("attentionProbs", () => {
  test.each(shapes)("%s: %j", async (_, sizes, magnitude) => {
    const { heads: keyHeads, ...shape } = shapeOf(sizes);
    const inputs = inputsFor({ heads: keyHeads, ...shape }, magnitude);
    const logSumExp = Float32Array.from(loops(attention, inputs, { heads: keyHeads, ...shape })[1]!);
    const head = keyHeads * shape.group - 1;
    const mapInputs = [inputs[0]!, inputs[1]!, logSumExp];
    const expected = loops(attentionProbs, mapInputs, { ...shape, head })[0]!;
    const bound = probsBound(inputs, { heads: keyHeads, ...shape }, head, logSumExp, expected);
    for (const kernel of [attentionProbs, folded(attentionProbs)]) {
      const [p] = await launch(kernel, mapInputs, { ...shape, head });
      expectWithin(p!, expected, bound);
    }
  });

  test.each(maskShapes)("masked, %s: %j", async (_, maskShape) => {
    const { shape, inputs } = masked(maskShape, { sees: 66 });
    const logSumExp = Float32Array.from(loops(maskedAttention, inputs, shape)[1]!);
    const [B, head] = [1, 4]; // of six query heads
    const { heads: _heads, keyHeads: _keyHeads, maskBatch, maskHead, ...rest } = shape;
    const mapShape = { ...rest, head: B * 6 + head, maskFirst: B * maskBatch + head * maskHead };
    const mapInputs = [inputs[0]!, inputs[1]!, logSumExp, inputs[3]!];
    const expected = loops(maskedAttentionProbs, mapInputs, mapShape)[0]!;
    const bound = probsBound(inputs, shape, mapShape.head, logSumExp, expected);
    for (const kernel of [maskedAttentionProbs, folded(maskedAttentionProbs)]) {
      const [p] = await launch(kernel, mapInputs, mapShape);
      expectWithin(p!, expected, bound);
      for (let t = 0; t < shape.queries; t++) {
        const sum = p!.subarray(t * shape.keys, (t + 1) * shape.keys).reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
      }
    }
  });

  test("the map of what attention computed: rows sum to 1, and average v to its output", async () => {
    const shape = shapeOf({ heads: 2, queries: 5, keys: 70, size: 16, scale: 0.25, sees: 60 });
    const inputs = inputsFor(shape, 2);
    const [output, logSumExp] = await launch(attention, inputs, shape);
    const [p] = await launch(attentionProbs, [inputs[0]!, inputs[1]!, logSumExp!], { ...shape, head: 1 });
    for (let t = 0; t < shape.queries; t++) {
      const row = p!.subarray(t * shape.keys, (t + 1) * shape.keys);
      expect(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-5);
      expect(row.findLastIndex((value) => value > 0)).toBe(59 + t); // it sees no further
      for (let e = 0; e < shape.size; e++) {
        const average = row.reduce((sum, value, s) => sum + value * inputs[2]![(shape.keys + s) * shape.size + e]!, 0);
        expect(Math.abs(average - output![(shape.queries + t) * shape.size + e]!)).toBeLessThan(1e-5);
      }
    }
  });

  test("control: another head has another map", async () => {
    const shape = shapeOf({ heads: 2, group: 2, queries: 4, keys: 9, size: 8, scale: 0.3 });
    const inputs = inputsFor(shape, 1);
    const logSumExp = Float32Array.from(loops(attention, inputs, shape)[1]!);
    const mapInputs = [inputs[0]!, inputs[1]!, logSumExp];
    const [p] = await launch(attentionProbs, mapInputs, { ...shape, head: 1 });
    for (const head of [0, 2, 3]) {
      expectOutside(p!, loops(attentionProbs, mapInputs, { ...shape, head })[0]!, () => 1e-3);
    }
  });
});

/** A weight inherits its score's error, adds that of a rounded difference and of exp. `head` counts query heads. */
function probsBound(
  inputs: Float32Array[],
  shape: AttentionShape,
  head: number,
  logSumExp: Float32Array,
  expected: ArrayLike<number>,
): (i: number) => number {
  const { queries, keys } = shape;
  const rows = Array.from({ length: queries }, (_, t) => scoresOf(inputs, shape, head * queries + t));
  return (i) => {
    const row = rows[Math.floor(i / keys)]!;
    const d = row.scores[i % keys]! - logSumExp[head * queries + Math.floor(i / keys)]!;
    const relative = row.highest < -1e29 ? DIVISION_ERROR : row.error + U * Math.abs(d) + expError(d); // or 1 / keys
    return expected[i] === 0 ? 2 ** -126 : 1.01 * relative * expected[i]! + 2 ** -126;
  };
}
