/** Attention in one launch, and the maps that it did not store; see lib/nn/attention.ts for what they mean. */
import {
  attention as attentionKernel,
  attentionProbs,
  maskedAttention,
  maskedAttentionProbs,
  MAX_FUSED_HEAD,
} from "../../kernels";
import { broadcastShapes, broadcastStrides, show, sizeOf, type Shape } from "../shape";
import { checkOperand, run, runAll, type Operand, type Result } from "./operand";

export { MAX_FUSED_HEAD };

export type AttentionSettings = {
  scale: number;
  /** Query t sees keys 0 ... offset + t. */
  causal?: { offset: number };
  /** Added to the scores, broadcast to [B, H, T, S]. */
  mask?: Operand;
  /** Only the first so many keys. */
  keys?: number;
};

/** q [..., H, T, E], k and v [..., KV, S, E] -> output like q, logSumExp [..., H, T] */
export function attention(
  q: Operand,
  k: Operand,
  v: Operand,
  settings: AttentionSettings,
): { output: Result; logSumExp: Result } {
  const { mask } = settings;
  const parts = partsOf("attention", q, k, v, settings);
  if (parts.size > MAX_FUSED_HEAD) {
    throw new RangeError(
      `attention: expected a head size of at most ${MAX_FUSED_HEAD}, got ${parts.size} in ${show(q.shape)}`,
    );
  }
  const { leading, keyHeads, maskStrides, ...shape } = parts;
  const [maskBatch, maskHead, maskQuery, maskKey] = maskStrides;
  const [output, logSumExp] = mask
    ? runAll("attention", maskedAttention, [q, k, v, mask], {
        ...shape,
        keyHeads,
        maskBatch,
        maskHead,
        maskQuery,
        maskKey,
      })
    : runAll("attention", attentionKernel, [q, k, v], shape);
  return {
    output: { storage: output!, shape: q.shape },
    logSumExp: { storage: logSumExp!, shape: [...leading, shape.queries] },
  };
}

/** q [..., H, T, E], k [..., KV, S, E], logSumExp [..., H, T] -> [T, S] for the leading index */
export function attentionMap(
  q: Operand,
  k: Operand,
  logSumExp: Operand,
  index: readonly number[],
  settings: AttentionSettings,
): Result {
  const { mask } = settings;
  const { leading, maskStrides, heads: _, keyHeads: __, ...rest } = partsOf("attentionMap", q, k, k, settings);
  const { queries, keys } = rest;
  if (show(logSumExp.shape) !== show([...leading, queries])) {
    throw new RangeError(
      `attentionMap: expected a log-sum-exp of shape ${show([...leading, queries])}, got ${show(logSumExp.shape)}`,
    );
  }
  if (
    index.length !== leading.length ||
    !index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < leading[axis]!)
  ) {
    throw new RangeError(`attentionMap: expected an index within ${show(leading)}, got ${show(index)}`);
  }
  const head = index.reduce((flat, i, axis) => flat * leading[axis]! + i, 0);
  const shape = { head, ...rest };
  if (!mask) return run("attentionMap", attentionProbs, [q, k, logSumExp], shape, [queries, keys]);
  const [maskBatch, maskHead, maskQuery, maskKey] = maskStrides;
  const [entry, queryHead] = [index.at(-2) ?? 0, index.at(-1) ?? 0];
  const maskFirst = entry * maskBatch + queryHead * maskHead;
  const maskedShape = { ...shape, maskFirst, maskQuery, maskKey };
  return run("attentionMap", maskedAttentionProbs, [q, k, logSumExp, mask], maskedShape, [queries, keys]);
}

function partsOf(what: string, q: Operand, k: Operand, v: Operand, settings: AttentionSettings) {
  [q, k, v].forEach((operand) => checkOperand(what, operand));
  const leading: Shape = q.shape.slice(0, -2);
  const [queries, size] = q.shape.slice(-2) as [number, number];
  const room = k.shape.at(-2) ?? 0;
  const keyHeads = q.shape.length < 3 ? 1 : (k.shape.at(-3) ?? 0);
  const group = (leading.at(-1) ?? 1) / keyHeads;
  const expected = show([...leading.slice(0, -1), ...(leading.length > 0 ? [keyHeads] : []), room, size]);
  const fit = q.shape.length >= 2 && show(k.shape) === expected && show(v.shape) === expected;
  if (!fit || !Number.isInteger(group)) {
    throw new RangeError(
      `${what}: expected q [..., T, E], k [..., S, E] and v [..., S, E], ` +
        `got ${show(q.shape)}, ${show(k.shape)} and ${show(v.shape)}; leading axes agree, except that the last of them ` +
        "in k and v, the key heads, may be a divisor of the query heads",
    );
  }
  const { scale, causal, mask, keys = room } = settings;
  if (!Number.isInteger(keys) || keys < 1 || keys > room) {
    throw new RangeError(`${what}: expected keys to be a whole number from 1 to ${room}, got ${keys}`);
  }
  const sees = causal ? causal.offset + 1 : keys;
  if (!Number.isInteger(sees) || sees < 1) {
    throw new RangeError(`${what}: expected a causal offset that is a whole number from 0, got ${causal?.offset}`);
  }
  const heads = sizeOf(leading) / group;
  const maskStrides = maskStridesOf(what, mask, [...leading, queries, keys]);
  return { leading, keyHeads, heads, group, queries, keys, room, size, scale, sees, maskStrides };
}

/** How far apart the mask's numbers lie for the next entry of the batch, head, query and key. */
function maskStridesOf(what: string, mask: Operand | undefined, scores: Shape): [number, number, number, number] {
  if (!mask) return [0, 0, 0, 0];
  checkOperand(`${what}: mask`, mask);
  const fits = show(broadcastShapes(`${what}: mask`, mask.shape, scores)) === show(scores);
  if (!fits || scores.length > 4) {
    throw new RangeError(
      `${what}: expected a mask that broadcasts to the scores, [B, H, T, S], got ${show(mask.shape)} for ${show(scores)}`,
    );
  }
  const strides = broadcastStrides(mask.shape, scores);
  return [0, 0, 0, 0, ...strides].slice(-4) as [number, number, number, number];
}
