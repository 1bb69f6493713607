/** Products of matrices, many at a time. */
import { matmul as matmulKernel } from "../../kernels";
import { broadcastShapes, show, sizeOf, type Shape } from "../shape";
import { broadcastTo } from "./layout";
import { checkOperand, run, sameExecutor, type Operand, type Result } from "./operand";

/** [..., M, K] × [..., K, N] -> [..., M, N] */
export function matmul(a: Operand, b: Operand): Result {
  checkOperand("matmul", b);
  const executor = sameExecutor("matmul", [a, b]);
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new RangeError(
      `matmul: expected two tensors with at least two axes, got ${show(a.shape)} × ${show(b.shape)}; ` +
        "reshape a vector to [1, n] or [n, 1]",
    );
  }
  const [m, k] = a.shape.slice(-2) as [number, number];
  const [inner, n] = b.shape.slice(-2) as [number, number];
  if (k !== inner) {
    throw new RangeError(
      `matmul: expected the inner sizes to agree, got ${show(a.shape)} × ${show(b.shape)}; ` +
        "transpose one of them, or check the order",
    );
  }
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = broadcastShapes("matmul", aBatch, bBatch);
  const shape = [...batch, m, n];

  // One matrix for all: its batch is folded into the rows of the other.
  if (sizeOf(bBatch) === 1) {
    return run("matmul", matmulKernel, [a, b], { batch: 1, m: sizeOf(batch) * m, k, n, aStep: 0, bStep: 0 }, shape);
  }
  const left = spread(a, aBatch, batch);
  const right = spread(b, bBatch, batch);
  const kernelShape = { batch: sizeOf(batch), m, k, n, aStep: left.step, bStep: right.step };
  const result = run("matmul", matmulKernel, [left.operand, right.operand], kernelShape, shape);
  for (const { ours, operand } of [left, right]) if (ours) executor.free(operand.storage);
  return result;
}

/** The operand as one matrix per batch entry, or one for all (step 0); copied only if neither describes it. */
function spread(x: Operand, own: Shape, batch: Shape): { operand: Operand; step: number; ours: boolean } {
  const matrix = x.shape.slice(-2);
  if (sizeOf(own) === 1) return { operand: x, step: 0, ours: false };
  if (sizeOf(own) === sizeOf(batch)) return { operand: x, step: sizeOf(matrix), ours: false };
  const filled = { executor: x.executor, ...broadcastTo(x, [...batch, ...matrix]) };
  return { operand: filled, step: sizeOf(matrix), ours: true };
}
