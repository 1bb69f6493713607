/**
 * Resizing as Pillow does it, to the grey level: `Image.resize(size, resample)` of an 8-bit picture.
 *
 *     y[j] = sum_i x[i] * w[i, j] / sum_i w[i, j],    w[i, j] = filter((i + 0.5 - (j + 0.5) * scale) / max(scale, 1))
 *
 * When a picture is made smaller the filter is stretched by the scale, so that every input pixel counts (antialiasing;
 * a browser's canvas and `torch.nn.functional.interpolate` do not do this by default). One direction after the other, with
 * weights in 22-bit fixed point and a rounded and clipped 8-bit picture in between: that rounding is why the arithmetic is
 * copied exactly and not only its formula, and why the order of the two matters, by some grey levels.
 *
 * Source: Pillow, `src/libImaging/Resample.c`, and `Geometry.c` for nearest. Until 2026 Pillow did the columns first always;
 * since then it does the rows first where that is quicker for it (https://github.com/python-pillow/Pillow/pull/9549).
 * Leaves out: the box and Hamming filters, and `reducing_gap`.
 */
import type { Picture } from "./picture";

/** The filters, by Pillow's number for them: what `resample` means in a preprocessor_config.json. */
export const filters = { 0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic" } as const;
export type Resample = keyof typeof filters;

/** `picture` at another size. Alpha is not resized: the answer is opaque, as the picture is. */
export function resize(picture: Picture, size: { height: number; width: number }, resample: Resample): Picture {
  const { height, width } = size;
  if (height === picture.height && width === picture.width) return picture;
  if (resample === 0) return nearest(picture, height, width);
  const filter = { 1: lanczos, 2: bilinear, 3: bicubic }[resample];
  const columns = (x: Picture) => (width === x.width ? x : resizeColumns(x, width, filter));
  const rows = (x: Picture) => (height === x.height ? x : resizeRows(x, height, filter));
  return rowsFirst(picture, size) ? columns(rows(picture)) : rows(columns(picture));
}

/** Which direction Pillow 13 does first, found by comparing with it: where it loses many more rows than columns. */
function rowsFirst(picture: Picture, { height, width }: { height: number; width: number }): boolean {
  return height < picture.height && picture.height - height > 2 * (picture.width - width);
}

type Filter = { support: number; weight(x: number): number };

const bilinear: Filter = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Keys' cubic convolution with a = -0.5. */
const bicubic: Filter = {
  support: 2,
  weight(x) {
    const a = -0.5;
    x = Math.abs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
  },
};

/** The sinc function, which would be exact if it ended, times a slower one that ends it after three pixels. */
const lanczos: Filter = {
  support: 3,
  weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

const PRECISION_BITS = 22; // 32 bits, less 8 of a pixel, less 2 so that bicubic's overshoot fits
const HALF = 1 << (PRECISION_BITS - 1);

/** For each output pixel: the first input pixel that counts, how many do, and their weights in fixed point. */
type Weights = { first: Int32Array; count: Int32Array; weights: Int32Array; stride: number };

function fixedPointWeights(from: number, to: number, filter: Filter): Weights {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const exact = new Float64Array(stride);
  const inverse = 1 / stretch;

  for (let j = 0; j < to; j++) {
    const centre = (j + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    let total = 0;
    for (let i = 0; i < length; i++) {
      exact[i] = filter.weight((i + start - centre + 0.5) * inverse);
      total += exact[i]!;
    }
    for (let i = 0; i < length; i++) {
      const weight = (total === 0 ? exact[i]! : exact[i]! / total) * (1 << PRECISION_BITS);
      weights[j * stride + i] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    first[j] = start;
    count[j] = length;
  }
  return { first, count, weights, stride };
}

function resizeColumns(picture: Picture, width: number, filter: Filter): Picture {
  const { first, count, weights, stride } = fixedPointWeights(picture.width, width, filter);
  const x = picture.data;
  const y = new Uint8ClampedArray(picture.height * width * 4);
  for (let row = 0; row < picture.height; row++) {
    for (let j = 0; j < width; j++) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let from = (row * picture.width + first[j]!) * 4;
      for (let k = j * stride, end = k + count[j]!; k < end; k++, from += 4) {
        const weight = weights[k]!;
        r += x[from]! * weight;
        g += x[from + 1]! * weight;
        b += x[from + 2]! * weight;
      }
      const to = (row * width + j) * 4;
      y[to] = r >> PRECISION_BITS; // Uint8ClampedArray does the clipping to 0..255
      y[to + 1] = g >> PRECISION_BITS;
      y[to + 2] = b >> PRECISION_BITS;
      y[to + 3] = 255;
    }
  }
  return { width, height: picture.height, data: y };
}

function resizeRows(picture: Picture, height: number, filter: Filter): Picture {
  const { first, count, weights, stride } = fixedPointWeights(picture.height, height, filter);
  const { width, data: x } = picture;
  const rowLength = width * 4;
  const y = new Uint8ClampedArray(height * rowLength);
  for (let j = 0; j < height; j++) {
    for (let column = 0; column < rowLength; column += 4) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let from = first[j]! * rowLength + column;
      for (let k = j * stride, end = k + count[j]!; k < end; k++, from += rowLength) {
        const weight = weights[k]!;
        r += x[from]! * weight;
        g += x[from + 1]! * weight;
        b += x[from + 2]! * weight;
      }
      const to = j * rowLength + column;
      y[to] = r >> PRECISION_BITS;
      y[to + 1] = g >> PRECISION_BITS;
      y[to + 2] = b >> PRECISION_BITS;
      y[to + 3] = 255;
    }
  }
  return { width, height, data: y };
}

function nearest(picture: Picture, height: number, width: number): Picture {
  const columns = nearestIndices(picture.width, width);
  const rows = nearestIndices(picture.height, height);
  const x = new Uint32Array(picture.data.buffer, picture.data.byteOffset, picture.width * picture.height);
  const y = new Uint32Array(height * width);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) y[j * width + i] = x[rows[j]! * picture.width + columns[i]!]!;
  }
  return { width, height, data: new Uint8ClampedArray(y.buffer) };
}

/** Pillow adds the scale up instead of multiplying it, and so do we: the two differ in the last bit. */
function nearestIndices(from: number, to: number): Int32Array {
  const scale = from / to;
  const indices = new Int32Array(to);
  for (let j = 0, position = scale * 0.5; j < to; j++, position += scale) {
    indices[j] = Math.min(from - 1, Math.trunc(position));
  }
  return indices;
}
