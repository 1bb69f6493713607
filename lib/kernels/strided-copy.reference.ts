import type { Reference } from "../gpu";

/** What `stridedCopy` does, in plain loops. */
export const stridedCopyReference: Reference<{ shape: number[]; strides: number[]; offset: number }> = function* (
  [x],
  { shape, strides, offset },
) {
  const y = new Float64Array(shape.reduce((size, length) => size * length, 1));
  for (let i = 0; i < y.length; i++) {
    let [rest, from] = [i, offset];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      from += index * strides[axis]!;
      rest = (rest - index) / shape[axis]!;
    }
    y[i] = x![from]!;
    if (i % 4096 === 4095) yield;
  }
  return [y];
};
