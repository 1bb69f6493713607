/**
 * Tensors that change: weights while they arrive, and caches that grow. Everything else makes new tensors.
 */
import { copyInto } from "../kernels";
import { currentExecutor } from "./create";
import type { Executor, NumberType, StoredType } from "./executor";
import { sameExecutor } from "./operations/operand";
import { axisOf, checkShape, show, sizeOf } from "./shape";
import { Tensor } from "./tensor";

export type AllocateOptions = { dtype?: NumberType; executor?: Executor };

/**
 * A tensor of zeros whose numbers come later, by `write` or `writeInto`; nothing of it lies in JavaScript's memory.
 * dtype "f16" is for weights. What is larger than one binding is kept in parts, by rows of its first axis, which
 * `linear` and `gather` work on.
 * @throws RangeError with both sizes, if the device cannot hold it.
 */
export function allocate(shape: readonly number[], { dtype = "f32", executor }: AllocateOptions = {}): Tensor {
  checkShape("allocate", shape);
  const on = executor ?? currentExecutor();
  const rowLength = shape.length > 1 ? sizeOf(shape.slice(1)) : undefined;
  return new Tensor(on, on.allocate(sizeOf(shape), dtype, rowLength), [...shape]);
}

/**
 * Stored numbers into a tensor, from number `at` on: see `Executor.write`, which says when the promise is fulfilled.
 * Until then `bytes` must not change.
 */
export async function write(target: Tensor, at: number, bytes: Uint8Array, from: StoredType): Promise<void> {
  await target.executor.write(target.storage, at, bytes, from);
}

/**
 * Puts x into target along an axis, from `position` on, in place: a key-value cache [B, KV, capacity, E] takes
 * [B, KV, T, E] at axis 2. Results that were asked for before keep what they saw; later ones see x.
 */
export function writeInto(target: Tensor, x: Tensor, axis: number, position: number): void {
  const executor = sameExecutor("writeInto", [target, x]);
  const at = axisOf("writeInto", axis, target.shape);
  const room = target.shape[at]!;
  const count = x.shape[at] ?? 0;
  const fits = x.shape.length === target.shape.length && x.shape.every((n, i) => i === at || n === target.shape[i]);
  if (!fits) {
    throw new RangeError(
      `writeInto: expected shapes that agree except on axis ${at}, got ${show(target.shape)} and ${show(x.shape)}`,
    );
  }
  if (!Number.isInteger(position) || position < 0 || position + count > room) {
    throw new RangeError(
      `writeInto: expected ${count} places from ${position} on within the ${room} of axis ${at}, ` +
        `got shapes ${show(target.shape)} and ${show(x.shape)}; allocate a longer target`,
    );
  }
  if (target.dtype !== "f32" || x.dtype !== "f32") {
    throw new TypeError(`writeInto: expected tensors of f32, got ${target.dtype} and ${x.dtype}`);
  }
  if (target.storage === x.storage) throw new TypeError("writeInto: expected two tensors, got one and a view of it");
  const inner = sizeOf(target.shape.slice(at + 1));
  const outer = sizeOf(target.shape.slice(0, at));
  const shape = { outer, length: count * inner, room: room * inner, first: position * inner };
  executor.runInto(copyInto, [x.storage], [target.storage], shape);
}
