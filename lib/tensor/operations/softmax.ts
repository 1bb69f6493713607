import { softmax as softmaxKernel } from "../../kernels";
import { axisOf, sizeOf } from "../shape";
import { transpose } from "./layout";
import { run, type Operand, type Result } from "./operand";

/** The kernel takes the last axis; another one is brought there and back. */
export function softmax(x: Operand, axis: number): Result {
  const at = axisOf("softmax", axis, x.shape);
  const last = x.shape.length - 1;
  const cols = x.shape[at]!;
  const kernelShape = { rows: sizeOf(x.shape) / cols, cols };
  if (at === last) return run("softmax", softmaxKernel, [x], kernelShape, x.shape);

  const { executor } = x;
  const swap = x.shape.map((_, i) => (i === at ? last : i === last ? at : i)); // its own inverse
  const turned = { executor, ...transpose(x, swap) };
  const weights = { executor, ...run("softmax", softmaxKernel, [turned], kernelShape, turned.shape) };
  const result = transpose(weights, swap);
  executor.free(turned.storage);
  executor.free(weights.storage);
  return result;
}
