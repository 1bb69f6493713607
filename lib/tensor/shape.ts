/** Shapes: checks, strides and broadcasting. A shape is a list of positive integers; [] is a single number. */

export type Shape = readonly number[];

/** Kernels address at most this many axes. */
export const MAX_RANK = 8;

export function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** `[2, 3]`, as shapes appear in messages. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Throws unless every length is a positive integer and there are at most 8 of them. */
export function checkShape(what: string, shape: Shape): void {
  if (shape.length > MAX_RANK) {
    throw new RangeError(`${what}: expected at most ${MAX_RANK} axes, got ${shape.length}: ${show(shape)}`);
  }
  if (!shape.every((length) => Number.isInteger(length) && length > 0)) {
    throw new RangeError(`${what}: expected a shape of positive whole numbers, got ${show(shape)}`);
  }
}

/** The axis as an index from the front; -1 is the last. */
export function axisOf(what: string, axis: number, shape: Shape): number {
  const index = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || index < 0 || index >= shape.length) {
    throw new RangeError(
      shape.length === 0
        ? `${what}: expected a tensor with an axis, got a single number and axis ${axis}`
        : `${what}: expected an axis from ${-shape.length} to ${shape.length - 1}, got ${axis} for shape ${show(shape)}`,
    );
  }
  return index;
}

/** How far apart neighbours along each axis lie, in numbers, when the last axis is dense. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** The common shape of two: aligned at the last axis; lengths agree, or one of them is 1. */
export function broadcastShapes(what: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const m = a[axis - rank + a.length] ?? 1;
    const n = b[axis - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(
        `${what}: expected shapes that agree or are 1 on each axis from the last, got ${show(a)} and ${show(b)}; ` +
          `${m} and ${n} differ`,
      );
    }
    return Math.max(m, n);
  });
}

/** Strides that read `shape` as if it were the (broadcast) shape `to`: 0 where one number is repeated. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const strides = stridesOf(shape);
  const missing = to.length - shape.length;
  return to.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}

/** The same walk over memory with as few axes as possible: neighbouring axes merge when every operand allows it. */
export function collapse(
  shape: Shape,
  operands: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const lengths: number[] = [];
  const strides: number[][] = operands.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = lengths.length - 1;
    const merges = last >= 0 && operands.every((s, i) => strides[i]![last] === s[axis]! * length);
    if (merges) {
      lengths[last]! *= length;
      operands.forEach((s, i) => (strides[i]![last] = s[axis]!));
    } else {
      lengths.push(length);
      operands.forEach((s, i) => strides[i]!.push(s[axis]!));
    }
  });
  return { shape: lengths, strides };
}
