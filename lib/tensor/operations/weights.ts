/**
 * What reads weights as they are kept: halves without widening them, and matrices in parts, with one launch for each
 * part into the same result.
 */
import { gatherPart, linearRows, widenHalves, type LinearRowsShape } from "../../kernels";
import type { Kernel } from "../../gpu";
import type { Executor, Storage } from "../executor";

/** Whether a weight needs the kernels of this file. */
export function isSpecial(weight: Storage): boolean {
  return weight.dtype === "f16" || weight.parts !== undefined;
}

/** x [m, k], weight [n, k] as it is kept, bias [n] of f32 -> [m, n] */
export function linearOnWeight(
  executor: Executor,
  x: Storage,
  weight: Storage,
  bias: Storage | undefined,
  { m, k, n }: { m: number; k: number; n: number },
): Storage {
  const kernel = linearKernel(executor, weight, bias !== undefined);
  const others = bias ? [bias] : [];
  return onParts(executor, "linear", weight, k, (part, first, rows, y) => {
    const shape: LinearRowsShape = { m, k, n: rows, first, across: n };
    if (!y) return executor.run(kernel, [x, part, ...others], shape)[0]!;
    executor.runInto(kernel, [x, part, ...others], [y], shape);
    return y;
  });
}

/** Rows of a table [rows, cols] as it is kept, by `count` numbers -> [count, cols] */
export function gatherFromWeight(
  executor: Executor,
  table: Storage,
  indices: Storage,
  { cols, count }: { cols: number; count: number },
): Storage {
  const kernel = gatherPart[table.dtype];
  return onParts(executor, "gather", table, cols, (part, first, rows, y) => {
    const shape = { rows, cols, count, first };
    if (!y) return executor.run(kernel, [part, indices], shape)[0]!;
    executor.runInto(kernel, [part, indices], [y], shape);
    return y;
  });
}

/**
 * The numbers as plain f32, for every other operation. What is new has to be freed after use.
 * @throws RangeError for a matrix in parts, which fits no single binding.
 */
export function plain(what: string, executor: Executor, storage: Storage): { storage: Storage; ours: boolean } {
  if (!isSpecial(storage)) return { storage, ours: false };
  if (storage.parts) {
    throw new RangeError(
      `${what}: expected a tensor of at most ${executor.features.maxBindingBytes} bytes, the largest binding of this ` +
        `device, got ${storage.length * (storage.dtype === "f16" ? 2 : 4)}; only linear and gather take larger ones`,
    );
  }
  return { storage: executor.run(widenHalves, [storage], { length: storage.length })[0]!, ours: true };
}

/** The first part makes the result, and the others write into it. */
function onParts(
  executor: Executor,
  what: string,
  matrix: Storage,
  rowLength: number,
  launch: (part: Storage, first: number, rows: number, y: Storage | undefined) => Storage,
): Storage {
  const parts = matrix.parts ?? [matrix];
  if (parts.some((part) => part.length % rowLength !== 0)) {
    throw new RangeError(
      `${what}: expected a matrix in the rows in which it was allocated, since it is larger than the ` +
        `${executor.features.maxBindingBytes} bytes of one binding; got rows of ${rowLength}`,
    );
  }
  let y: Storage | undefined;
  let first = 0;
  for (const part of parts) {
    const rows = part.length / rowLength;
    y = launch(part, first, rows, y);
    first += rows;
  }
  return y!;
}

function linearKernel(executor: Executor, weight: Storage, bias: boolean): Kernel<LinearRowsShape> {
  if (weight.dtype === "f32") return bias ? linearRows.f32Bias : linearRows.f32;
  if (executor.features.f16) return bias ? linearRows.shaderF16Bias : linearRows.shaderF16;
  return bias ? linearRows.f16Bias : linearRows.f16;
}
