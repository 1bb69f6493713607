/** Operations on each number by itself, and on pairs of numbers with broadcasting. */
import { binary as binaryKernels, unary as unaryKernels, type BinaryName, type UnaryName } from "../../kernels";
import { broadcastShapes, broadcastStrides, collapse, sizeOf } from "../shape";
import { checkOperand, run, sameExecutor, withUploaded, type Operand, type Result } from "./operand";

export function unary(name: UnaryName, x: Operand): Result {
  return run(name, unaryKernels[name], [x], { length: sizeOf(x.shape) }, x.shape);
}

/** A plain number is uploaded as a tensor of one number and broadcast like any other. */
export function binary(name: BinaryName, a: Operand, other: Operand | number): Result {
  if (typeof other === "number") {
    return withUploaded(a.executor, Float32Array.of(other), (number) => binary(name, a, { ...number, shape: [] }));
  }
  checkOperand(name, other);
  sameExecutor(name, [a, other]);
  const shape = broadcastShapes(name, a.shape, other.shape);
  const walk = collapse(shape, [broadcastStrides(a.shape, shape), broadcastStrides(other.shape, shape)]);
  const kernelShape = { shape: walk.shape, aStrides: walk.strides[0]!, bStrides: walk.strides[1]! };
  return run(name, binaryKernels[name], [a, other], kernelShape, shape);
}
