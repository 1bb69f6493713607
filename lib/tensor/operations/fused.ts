/** Launches that do the work of several operations; see lib/nn for what they mean. */
import {
  gridSample,
  layerNorm,
  linear,
  matmulTransposed,
  rmsNorm,
  rotate as rotateKernel,
  siluGate,
} from "../../kernels";
import { show, sizeOf } from "../shape";
import { checkOperand, run, sameExecutor, withPlain, type Operand, type Result } from "./operand";
import { isSpecial, linearOnWeight } from "./weights";

/** [..., in], weight [out, in], bias [out] -> [..., out] */
export function affine(x: Operand, weight: Operand, bias?: Operand): Result {
  [x, weight, ...(bias ? [bias] : [])].forEach((operand) => checkOperand("linear", operand));
  const [outSize, inSize] = weight.shape as [number, number];
  const biasFits = !bias || show(bias.shape) === show([outSize]);
  if (weight.shape.length !== 2 || x.shape.length < 1 || x.shape.at(-1) !== inSize || !biasFits) {
    throw new RangeError(
      `linear: expected x [..., in], weight [out, in]${bias ? " and bias [out]" : ""}, ` +
        `got ${[x, weight, ...(bias ? [bias] : [])].map(({ shape }) => show(shape)).join(", ")}`,
    );
  }
  const shape = [...x.shape.slice(0, -1), outSize];
  const rows = sizeOf(shape) / outSize;
  if (isSpecial(weight.storage)) {
    const executor = sameExecutor("linear", [x, weight, ...(bias ? [bias] : [])]);
    return withPlain("linear", executor, bias ? [x, bias] : [x], ([input, added]) => {
      const sizes = { m: rows, k: inSize, n: outSize };
      return { storage: linearOnWeight(executor, input!, weight.storage, added, sizes), shape };
    });
  }
  if (bias) return run("linear", linear, [x, weight, bias], { m: rows, k: inSize, n: outSize }, shape);
  return run("linear", matmulTransposed, [x, weight], { m: rows, k: inSize, n: outSize }, shape);
}

/** [..., D], weight [D], bias [D] -> [..., D] */
export function normalize(x: Operand, weight: Operand, bias: Operand, eps: number): Result {
  [x, weight, bias].forEach((operand) => checkOperand("layerNorm", operand));
  const cols = x.shape.at(-1);
  if (cols === undefined || show(weight.shape) !== show([cols]) || show(bias.shape) !== show([cols])) {
    throw new RangeError(
      `layerNorm: expected x [..., D], weight [D] and bias [D], ` +
        `got ${show(x.shape)}, ${show(weight.shape)} and ${show(bias.shape)}`,
    );
  }
  if (!(eps >= 0)) throw new RangeError(`layerNorm: expected eps to be a number from 0, got ${eps}`);
  return run("layerNorm", layerNorm, [x, weight, bias], { rows: sizeOf(x.shape) / cols, cols, eps }, x.shape);
}

/** x / sqrt(mean(x²) + eps) · weight: [..., D], weight [D] -> [..., D] */
export function normalizeRms(x: Operand, weight: Operand, eps: number): Result {
  [x, weight].forEach((operand) => checkOperand("rmsNorm", operand));
  const cols = x.shape.at(-1) ?? 0;
  if (x.shape.length < 1 || show(weight.shape) !== show([cols])) {
    throw new RangeError(`rmsNorm: expected x [..., D] and weight [D], got ${show(x.shape)} and ${show(weight.shape)}`);
  }
  if (!(eps >= 0)) throw new RangeError(`rmsNorm: expected eps to be a number from 0, got ${eps}`);
  return run("rmsNorm", rmsNorm, [x, weight], { rows: sizeOf(x.shape) / cols, cols, eps }, x.shape);
}

/** silu(a) · b, number by number; equal shapes */
export function gate(a: Operand, b: Operand): Result {
  [a, b].forEach((operand) => checkOperand("siluGate", operand));
  if (show(a.shape) !== show(b.shape)) {
    throw new RangeError(`siluGate: expected two equal shapes, got ${show(a.shape)} and ${show(b.shape)}`);
  }
  return run("siluGate", siluGate, [a, b], { length: sizeOf(a.shape) }, a.shape);
}

/** [B, H, T, E], table [B or 1, T, E] -> [B, H, T, E] */
export function rotate(x: Operand, table: Operand): Result {
  [x, table].forEach((operand) => checkOperand("rope", operand));
  const [batch, heads, tokens, size] = x.shape as [number, number, number, number];
  const [tables, rows, width] = table.shape as [number, number, number];
  const fits = x.shape.length === 4 && table.shape.length === 3 && size % 2 === 0;
  if (!fits || rows !== tokens || width !== size || (tables !== batch && tables !== 1)) {
    throw new RangeError(
      `rope: expected x [B, H, T, E], one position per token and E / 2 frequencies, ` +
        `got ${show(x.shape)}, ${show([tables, rows])} positions and ${width / 2} frequencies`,
    );
  }
  return run("rope", rotateKernel, [x, table], { batch, heads, tokens, size, tables }, x.shape);
}

/** [B, C, H, W], [B, Ho, Wo, 2] -> [B, C, Ho, Wo] */
export function sampleGrid(x: Operand, grid: Operand): Result {
  [x, grid].forEach((operand) => checkOperand("gridSample", operand));
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [entries, rows, columns, two] = grid.shape as [number, number, number, number];
  if (x.shape.length !== 4 || grid.shape.length !== 4 || entries !== batch || two !== 2) {
    throw new RangeError(
      `gridSample: expected x [B, C, H, W] and a grid [B, Ho, Wo, 2], got ${show(x.shape)} and ${show(grid.shape)}`,
    );
  }
  const shape = { batch, channels, height, width, places: rows * columns };
  return run("gridSample", gridSample, [x, grid], shape, [batch, channels, rows, columns]);
}
