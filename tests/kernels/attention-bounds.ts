/** How far off attention may be: derived, number by number, from the scores of a row. */
import type { AttentionShape, MaskedAttentionShape } from "../../lib/kernels/attention.reference";
import { HIDDEN } from "../../lib/kernels/attention.reference";
import { DIVISION_ERROR, expError, gamma, U } from "./compare";

/** The mask's number for a row and a key; 0 without a mask. */
function maskAt(mask: Float32Array | undefined, shape: AttentionShape, row: number, s: number): number {
  if (!mask) return 0;
  const { group, queries, keyHeads, maskBatch, maskHead, maskQuery, maskKey } = shape as MaskedAttentionShape;
  const queryHead = Math.floor(row / queries);
  const [batch, head] = [Math.floor(queryHead / (keyHeads * group)), queryHead % (keyHeads * group)];
  return mask[batch * maskBatch + head * maskHead + (row % queries) * maskQuery + s * maskKey]!;
}

/** For a row: the scores of all keys (`HIDDEN` where it does not see them), how far off one may be, how far apart they are. */
export function scoresOf([q, k, , mask]: Float32Array[], shape: AttentionShape, row: number) {
  const { group, queries, keys, room, size, scale, sees } = shape;
  const head = Math.floor(row / (group * queries));
  const scores: number[] = [];
  let error = 0;
  for (let s = 0; s < keys; s++) {
    const added = maskAt(mask, shape, row, s);
    if (s >= sees + (row % queries) || added <= HIDDEN) {
      scores.push(HIDDEN);
      continue;
    }
    let [score, magnitude] = [0, 0];
    for (let e = 0; e < size; e++) {
      const product = q![row * size + e]! * k![(head * room + s) * size + e]! * scale;
      score += product;
      magnitude += Math.abs(product);
    }
    scores.push(score + added);
    // The products, their sum, the scale and its own rounding; then the mask's addition.
    error = Math.max(error, gamma(size + 3) * magnitude + U * Math.abs(score + added));
  }
  const seen = scores.filter((score) => score > HIDDEN);
  const highest = seen.length > 0 ? Math.max(...seen) : HIDDEN;
  return { scores, error, highest, spread: seen.length > 0 ? highest - Math.min(...seen) : 0 };
}

/**
 * A weight exp(score - highest) inherits the absolute error of its score and of the highest as a relative one, adds
 * that of a rounded difference and of exp, and is rescaled at most once per block by another such exp. Sums over the
 * keys round once per key and once per block. Weights and total are both off by this, then one division.
 */
export function bounds(inputs: Float32Array[], shape: AttentionShape) {
  const { heads, group, queries, keys, room, size } = shape;
  const blocks = Math.ceil(keys / 64);
  const v = inputs[2]!;
  const rows = Array.from({ length: heads * group * queries }, (_, row) => {
    const { scores, error, highest, spread } = scoresOf(inputs, shape, row);
    const weight = 2 * error + (blocks + 1) * (U * spread + expError(spread) + 2 * U);
    const total = weight + gamma(keys + blocks);
    const sum = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
    const head = Math.floor(row / (group * queries));
    const output = Array.from({ length: size }, (_, e) => {
      const average = scores.reduce(
        (average, score, s) => average + (Math.exp(score - highest) / sum) * Math.abs(v[(head * room + s) * size + e]!),
        0,
      );
      return 1.01 * (weight + total + gamma(keys + 1) + DIVISION_ERROR) * average;
    });
    const log = Math.log(sum);
    const logError = sum <= 2 ? 2 ** -21 : 6 * U * log; // WGSL: 2⁻²¹ near 1, else 3 ULP
    const logSumExp = 1.01 * (error + total + logError + U * Math.abs(highest) + U * Math.abs(highest + log));
    return { output, logSumExp };
  });
  return {
    output: (i: number) => rows[Math.floor(i / size)]!.output[i % size]!,
    logSumExp: (row: number) => rows[row]!.logSumExp,
  };
}
