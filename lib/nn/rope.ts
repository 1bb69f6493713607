/**
 * Rotary position embedding: pairs of numbers in a query or a key turn by an angle that grows with the position, so that
 * a query's product with a key depends on how far apart they are. https://arxiv.org/abs/2104.09864
 *
 *     angle[t, i] = position[t] · frequency[i]                              i = 0 ... E/2 - 1
 *     y[t, i]       = x[t, i] cos(angle[t, i]) - x[t, i + E/2] sin(angle[t, i])
 *     y[t, i + E/2] = x[t, i + E/2] cos(angle[t, i]) + x[t, i] sin(angle[t, i])
 *
 * The pairs are (i, i + E/2), "rotate_half", as in Hugging Face files. Original Llama files pair (2i, 2i + 1).
 *
 * Shapes:  B batch   H heads   T tokens   E head size
 */
import { rotatePairs, tensor, type Executor, type Tensor } from "../tensor";

/** `rope_scaling` of config.json, in camelCase. */
export type RopeScaling =
  | { ropeType: "default" }
  | { ropeType: "linear"; factor: number }
  | {
      ropeType: "llama3";
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    };

export type RopeOptions = { headDim: number; ropeTheta: number; ropeScaling?: RopeScaling };

/** One position per token: a row for all, or a row for each of the batch. */
export type Positions = ArrayLike<number> | readonly ArrayLike<number>[];

/** cos(angle) and sin(angle), side by side along the last axis: [B or 1, T, E] */
export type RopeTable = Tensor;

/**
 * How fast each pair turns, in radians per position: ropeTheta^(-2i/E) for i = 0 ... E/2 - 1, stretched as ropeScaling
 * says. "linear" turns all pairs slower by the factor. "llama3" does so with those that turn less than lowFreqFactor
 * times within the original context, leaves those that turn more than highFreqFactor times, and blends in between.
 *
 * The numbers are rounded to f32 after each step, in transformers' order, and so is the angle that ropeTable makes of
 * them. Double precision would be more exact, but transformers is what models are compared with: at position 131,071 the
 * last bit of a frequency moves the angle by up to 0.008. Equal to transformers to the last bit (tested).
 */
export function inverseFrequencies({ headDim, ropeTheta, ropeScaling }: RopeOptions): Float64Array {
  if (!Number.isInteger(headDim) || headDim < 2 || headDim % 2 !== 0 || !(ropeTheta > 0)) {
    throw new RangeError(
      `inverseFrequencies: expected an even head size and a positive theta, got ${headDim} and ${ropeTheta}`,
    );
  }
  const f32 = Math.fround;
  return Float64Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = f32(1 / f32(Math.pow(ropeTheta, f32((2 * i) / headDim))));
    return scaled(frequency, ropeScaling);
  });
}

function scaled(frequency: number, scaling?: RopeScaling): number {
  const f32 = Math.fround;
  if (!scaling || scaling.ropeType === "default") return frequency;
  const slower = f32(frequency / scaling.factor);
  if (scaling.ropeType === "linear") return slower;
  if (scaling.ropeType !== "llama3") {
    const { ropeType } = scaling as { ropeType: string };
    throw new RangeError(
      `inverseFrequencies: expected a ropeType of default, linear or llama3, got ${ropeType}; ` +
        "other kinds of RoPE scaling are not built",
    );
  }
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositionEmbeddings: context } = scaling;
  const wavelength = f32(f32(2 * Math.PI) / frequency); // positions per turn
  if (wavelength > context / low) return slower;
  if (wavelength < context / high) return frequency;
  const smooth = f32(f32(f32(context / wavelength) - low) / (high - low));
  return f32(f32(f32(f32(1 - smooth) * frequency) / factor) + f32(smooth * frequency));
}

/** Turns each pair of x by its position's angle. [B, H, T, E] -> [B, H, T, E] */
export function rope(x: Tensor, positions: Positions, frequencies: ArrayLike<number>): Tensor {
  return rotate(x, ropeTable(positions, frequencies, x.executor));
}

/**
 * The cosines and sines of a forward pass, to be made once and used by every layer: `rotate(q, table)`.
 * Computed on the CPU: a shader's cos() is only good for small angles. -> [B or 1, T, E]
 */
export function ropeTable(positions: Positions, frequencies: ArrayLike<number>, executor: Executor): RopeTable {
  const rows = rowsOf(positions);
  const [half, T] = [frequencies.length, rows[0]!.length];
  const table = new Float32Array(rows.length * T * 2 * half);
  rows.forEach((row, b) => {
    if (row.length !== T) throw new RangeError(`rope: expected rows of ${T} positions, got one of ${row.length}`);
    for (let t = 0; t < T; t++) {
      const first = (b * T + t) * 2 * half;
      for (let i = 0; i < half; i++) {
        const angle = Math.fround(row[t]! * frequencies[i]!); // rounded as transformers does
        table[first + i] = Math.cos(angle);
        table[first + half + i] = Math.sin(angle);
      }
    }
  });
  return tensor(table, [rows.length, T, 2 * half], executor);
}

/** Turns each pair of x by the angles of a table. [B, H, T, E], [B or 1, T, E] -> [B, H, T, E] */
export function rotate(x: Tensor, table: RopeTable): Tensor {
  return rotatePairs(x, table);
}

function rowsOf(positions: Positions): readonly ArrayLike<number>[] {
  const rows = typeof positions[0] === "number" ? [positions as ArrayLike<number>] : positions;
  if (rows.length === 0 || (rows as readonly ArrayLike<number>[])[0]!.length === 0) {
    throw new RangeError("rope: expected one position per token, got none");
  }
  return rows as readonly ArrayLike<number>[];
}
