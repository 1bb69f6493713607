/** Making tensors from numbers. */
import type { Executor } from "./executor";
import { openReferenceExecutor } from "./reference-executor";
import { flatten, type NestedArray } from "./nested";
import * as layout from "./operations/layout";
import { checkShape, show, sizeOf } from "./shape";
import { Tensor } from "./tensor";

let current: Executor | undefined;

/** Sets where `tensor()` puts its numbers when it is not told. Until then that is a reference executor. */
export function useExecutor(executor: Executor | undefined): void {
  current = executor;
}

export function currentExecutor(): Executor {
  return (current ??= openReferenceExecutor());
}

/**
 * A tensor of the given numbers, which are copied: nested arrays carry their shape, a flat list takes `shape`.
 * `tensor([[1, 2], [3, 4]])`, `tensor(pixels, [1, 3, 128, 128])`, `tensor(5)` of shape [].
 */
export function tensor(
  values: NestedArray | ArrayLike<number>,
  shape?: readonly number[],
  executor: Executor = currentExecutor(),
): Tensor {
  const flat = values instanceof Float32Array ? { values, shape: [values.length] } : flatten("tensor", values);
  const wanted = [...(shape ?? flat.shape)];
  checkShape("tensor", wanted);
  if (sizeOf(wanted) !== flat.values.length) {
    throw new RangeError(
      `tensor: expected ${sizeOf(wanted)} numbers for shape ${show(wanted)}, got ${flat.values.length}`,
    );
  }
  return new Tensor(executor, executor.upload(flat.values), wanted);
}

/** A tensor that holds one number everywhere. */
export function full(shape: readonly number[], value: number, executor?: Executor): Tensor {
  checkShape("full", shape);
  return tensor(new Float32Array(sizeOf(shape)).fill(value), shape, executor);
}

export function zeros(shape: readonly number[], executor?: Executor): Tensor {
  return full(shape, 0, executor);
}

export function ones(shape: readonly number[], executor?: Executor): Tensor {
  return full(shape, 1, executor);
}

/** 0, 1, 2, ... count - 1 */
export function range(count: number, executor?: Executor): Tensor {
  checkShape("range", [count]);
  return tensor(
    Float32Array.from({ length: count }, (_, i) => i),
    [count],
    executor,
  );
}

/** Joins tensors along an axis; all other axes agree. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const { storage, shape } = layout.concat(tensors, axis);
  return new Tensor(tensors[0]!.executor, storage, shape);
}

export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
