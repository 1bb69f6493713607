/** Launches that do the work of several operations; see lib/nn for what they mean. */
import {
  attention as attentionKernel,
  attentionProbs,
  layerNorm,
  linear,
  matmulTransposed,
  MAX_FUSED_HEAD,
} from "../../kernels";
import { show, sizeOf, type Shape } from "../shape";
import { checkOperand, run, runAll, type Operand, type Result } from "./operand";

export { MAX_FUSED_HEAD };

/** [..., in], weight [out, in], bias [out] -> [..., out] */
export function affine(x: Operand, weight: Operand, bias?: Operand): Result {
  [x, weight, ...(bias ? [bias] : [])].forEach((operand) => checkOperand("linear", operand));
  const [outSize, inSize] = weight.shape as [number, number];
  const biasFits = !bias || show(bias.shape) === show([outSize]);
  if (weight.shape.length !== 2 || x.shape.length < 1 || x.shape.at(-1) !== inSize || !biasFits) {
    throw new RangeError(
      `linear: expected x [..., in], weight [out, in]${bias ? " and bias [out]" : ""}, ` +
        `got ${[x, weight, ...(bias ? [bias] : [])].map(({ shape }) => show(shape)).join(", ")}`,
    );
  }
  const shape = [...x.shape.slice(0, -1), outSize];
  const rows = sizeOf(shape) / outSize;
  if (bias) return run("linear", linear, [x, weight, bias], { m: rows, k: inSize, n: outSize }, shape);
  return run("linear", matmulTransposed, [x, weight], { m: rows, k: inSize, n: outSize }, shape);
}

/** [..., D], weight [D], bias [D] -> [..., D] */
export function normalize(x: Operand, weight: Operand, bias: Operand, eps: number): Result {
  [x, weight, bias].forEach((operand) => checkOperand("layerNorm", operand));
  const cols = x.shape.at(-1);
  if (cols === undefined || show(weight.shape) !== show([cols]) || show(bias.shape) !== show([cols])) {
    throw new RangeError(
      `layerNorm: expected x [..., D], weight [D] and bias [D], ` +
        `got ${show(x.shape)}, ${show(weight.shape)} and ${show(bias.shape)}`,
    );
  }
  if (!(eps >= 0)) throw new RangeError(`layerNorm: expected eps to be a number from 0, got ${eps}`);
  return run("layerNorm", layerNorm, [x, weight, bias], { rows: sizeOf(x.shape) / cols, cols, eps }, x.shape);
}

/** [..., T, E], [..., S, E], [..., S, E] -> output [..., T, E], logSumExp [..., T] */
export function attention(q: Operand, k: Operand, v: Operand, scale: number): { output: Result; logSumExp: Result } {
  const { leading, queries, keys, size } = attentionShape("attention", q, k, v);
  if (size > MAX_FUSED_HEAD) {
    throw new RangeError(
      `attention: expected a head size of at most ${MAX_FUSED_HEAD}, got ${size} in ${show(q.shape)}`,
    );
  }
  const kernelShape = { heads: sizeOf(leading), queries, keys, size, scale };
  const [output, logSumExp] = runAll("attention", attentionKernel, [q, k, v], kernelShape);
  return {
    output: { storage: output!, shape: q.shape },
    logSumExp: { storage: logSumExp!, shape: [...leading, queries] },
  };
}

/** [..., T, E], [..., S, E], [..., T] -> [T, S] for the leading index */
export function attentionMap(
  q: Operand,
  k: Operand,
  logSumExp: Operand,
  index: readonly number[],
  scale: number,
): Result {
  const { leading, queries, keys, size } = attentionShape("attentionMap", q, k, k);
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
  const kernelShape = { head, queries, keys, size, scale };
  return run("attentionMap", attentionProbs, [q, k, logSumExp], kernelShape, [queries, keys]);
}

function attentionShape(what: string, q: Operand, k: Operand, v: Operand) {
  [q, k, v].forEach((operand) => checkOperand(what, operand));
  const leading: Shape = q.shape.slice(0, -2);
  const [queries, size] = q.shape.slice(-2) as [number, number];
  const keys = k.shape.at(-2) ?? 0;
  const expected = show([...leading, keys, size]);
  if (q.shape.length < 2 || show(k.shape) !== expected || show(v.shape) !== expected) {
    throw new RangeError(
      `${what}: expected q [..., T, E], k [..., S, E] and v [..., S, E], ` +
        `got ${show(q.shape)}, ${show(k.shape)} and ${show(v.shape)}`,
    );
  }
  return { leading, queries, keys, size };
}
