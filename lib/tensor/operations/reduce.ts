/** Many numbers into one, along an axis or over everything. */
import { reductions, type ReductionName } from "../../kernels";
import { axisOf, sizeOf } from "../shape";
import { run, type Operand, type Result } from "./operand";

export function reduce(name: ReductionName, x: Operand, axis?: number, options: { keepDims?: boolean } = {}): Result {
  const { keepDims = false } = options;
  if (axis === undefined) {
    const shape = keepDims ? x.shape.map(() => 1) : [];
    return run(name, reductions[name], [x], { outer: 1, size: sizeOf(x.shape), inner: 1 }, shape);
  }
  const at = axisOf(name, axis, x.shape);
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  const kernelShape = { outer: sizeOf(before), size: x.shape[at]!, inner: sizeOf(after) };
  return run(name, reductions[name], [x], kernelShape, keepDims ? [...before, 1, ...after] : [...before, ...after]);
}
