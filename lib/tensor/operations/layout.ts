/** Operations that move numbers and compute nothing. */
import { concat as concatKernel, gatherRows, stridedCopy } from "../../kernels";
import { axisOf, broadcastShapes, broadcastStrides, checkShape, collapse, show, sizeOf, stridesOf } from "../shape";
import type { Shape } from "../shape";
import { checkOperand, run, sameExecutor, withUploaded, type Operand, type Result } from "./operand";
import { gatherFromWeight, isSpecial } from "./weights";

export type Range = number | readonly [from: number, to?: number] | null;

export function reshape(x: Operand, wanted: readonly number[]): Result {
  const shape = [...wanted];
  const free = shape.indexOf(-1);
  if (free >= 0) {
    const rest = sizeOf(shape.filter((_, axis) => axis !== free));
    shape[free] = sizeOf(x.shape) / rest;
  }
  if (!shape.every((length) => Number.isInteger(length) && length > 0) || sizeOf(shape) !== sizeOf(x.shape)) {
    throw new RangeError(
      `reshape: expected a shape of ${sizeOf(x.shape)} numbers like ${show(x.shape)}, got ${show(wanted)}` +
        (free < 0 && wanted.every((length) => length > 0) ? `, which holds ${sizeOf(wanted)}` : ""),
    );
  }
  checkShape("reshape", shape);
  return { storage: x.storage, shape };
}

export function transpose(x: Operand, permutation?: readonly number[]): Result {
  const rank = x.shape.length;
  const order = permutation ?? swapLastTwo(x.shape);
  if (order.length !== rank || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw new RangeError(
      `transpose: expected each axis of ${show(x.shape)} once, 0 to ${rank - 1}, got ${show(order)}`,
    );
  }
  const strides = stridesOf(x.shape);
  return copy("transpose", x, {
    shape: order.map((axis) => x.shape[axis]!),
    strides: order.map((axis) => strides[axis]!),
    offset: 0,
  });
}

export function slice(x: Operand, ranges: readonly Range[]): Result {
  if (ranges.length > x.shape.length) {
    throw new RangeError(
      `slice: expected at most ${x.shape.length} ranges for shape ${show(x.shape)}, got ${ranges.length}`,
    );
  }
  const strides = stridesOf(x.shape);
  const kept: { shape: number[]; strides: number[] } = { shape: [], strides: [] };
  let offset = 0;
  x.shape.forEach((length, axis) => {
    const range = ranges[axis] ?? null;
    const [from, to] = bounds(range, axis, x.shape);
    offset += from * strides[axis]!;
    if (typeof range === "number") return; // an index: the axis goes away
    kept.shape.push(range === null ? length : to - from);
    kept.strides.push(strides[axis]!);
  });
  return copy("slice", x, { ...kept, offset });
}

export function broadcastTo(x: Operand, shape: Shape): Result {
  checkShape("broadcastTo", shape);
  const common = broadcastShapes("broadcastTo", x.shape, shape);
  if (show(common) !== show(shape)) {
    throw new RangeError(`broadcastTo: expected a shape that ${show(x.shape)} can fill, got ${show(shape)}`);
  }
  return copy("broadcastTo", x, { shape: [...shape], strides: broadcastStrides(x.shape, shape), offset: 0 });
}

export function gather(table: Operand, indices: ArrayLike<number>): Result {
  const [rows, ...rest] = table.shape;
  if (rows === undefined) throw new RangeError("gather: expected a table with rows, got a single number");
  checkShape("gather: the list of indices", [indices.length]);
  const list = Array.from(indices);
  const wrong = list.find((index) => !Number.isInteger(index) || index < 0 || index >= rows);
  if (wrong !== undefined) {
    throw new RangeError(
      `gather: expected row numbers from 0 to ${rows - 1} for shape ${show(table.shape)}, got ${wrong}`,
    );
  }
  const kernelShape = { rows, cols: sizeOf(rest), count: list.length };
  const shape = [list.length, ...rest];
  return withUploaded(table.executor, Float32Array.from(list), (chosen) =>
    isSpecial(table.storage)
      ? { storage: gatherFromWeight(table.executor, table.storage, chosen.storage, kernelShape), shape }
      : run("gather", gatherRows, [table, chosen], kernelShape, shape),
  );
}

/** Joins two halves at a time, so that each number is copied log₂(tensors) times. */
export function concat(tensors: readonly Operand[], axis: number): Result {
  if (!(tensors instanceof Array) || tensors.length === 0) {
    throw new TypeError("concat: expected a list of tensors, got none; write concat([a, b], axis)");
  }
  tensors.forEach((tensor) => checkOperand("concat", tensor));
  const executor = sameExecutor("concat", tensors);
  const first = tensors[0]!;
  const at = axisOf("concat", axis, first.shape);
  for (const { shape } of tensors) {
    if (shape.length !== first.shape.length || shape.some((length, i) => i !== at && length !== first.shape[i])) {
      throw new RangeError(
        `concat: expected shapes that agree except on axis ${at}, got ${show(first.shape)} and ${show(shape)}`,
      );
    }
  }
  const join = (list: readonly Operand[]): { operand: Operand; ours: boolean } => {
    if (list.length === 1) return { operand: list[0]!, ours: false };
    const half = Math.ceil(list.length / 2);
    const halves = [join(list.slice(0, half)), join(list.slice(half))];
    const operand = { executor, ...joinTwo(halves[0]!.operand, halves[1]!.operand, at) };
    for (const { operand, ours } of halves) if (ours) executor.free(operand.storage);
    return { operand, ours: true };
  };
  const { operand, ours } = join(tensors.map(({ storage, shape }) => ({ executor, storage, shape })));
  return ours
    ? operand
    : copy("concat", operand, { shape: [...first.shape], strides: stridesOf(first.shape), offset: 0 });
}

function joinTwo(a: Operand, b: Operand, axis: number): Result {
  const inner = sizeOf(a.shape.slice(axis + 1));
  const kernelShape = { outer: sizeOf(a.shape.slice(0, axis)), a: a.shape[axis]! * inner, b: b.shape[axis]! * inner };
  const shape = a.shape.map((length, i) => (i === axis ? length + b.shape[axis]! : length));
  return run("concat", concatKernel, [a, b], kernelShape, shape);
}

function copy(
  what: string,
  x: Operand,
  { shape, strides, offset }: { shape: number[]; strides: number[]; offset: number },
) {
  const walk = collapse(shape, [strides]);
  return run(what, stridedCopy, [x], { shape: walk.shape, strides: walk.strides[0]!, offset }, shape);
}

function swapLastTwo(shape: Shape): number[] {
  const axes = shape.map((_, axis) => axis);
  if (axes.length < 2) {
    throw new RangeError(
      `transpose: expected at least two axes, got shape ${show(shape)}; reshape it to [1, n] or [n, 1] first`,
    );
  }
  return [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
}

/** Where a range of an axis starts and ends; negative numbers count from the end, as in Array.prototype.slice. */
function bounds(range: Range, axis: number, shape: Shape): [from: number, to: number] {
  const length = shape[axis]!;
  if (range === null) return [0, length];
  const fromEnd = (index: number) => (index < 0 ? index + length : index);
  const from = fromEnd(typeof range === "number" ? range : range[0]);
  const to = typeof range === "number" ? from + 1 : fromEnd(range[1] ?? length);
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > length || from >= to) {
    const got = typeof range === "number" ? `${range}` : `[${range.join(", ")}]`;
    throw new RangeError(
      `slice: expected a part of 0 to ${length} on axis ${axis} of shape ${show(shape)} that is not empty, got ${got}`,
    );
  }
  return [from, to];
}
