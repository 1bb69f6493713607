/**
 * The directions in which vectors differ most: principal components, by power iteration. Multiplying a vector by the
 * covariance again and again turns it to the direction of largest variance; what that direction explains is then taken
 * out, and the next one is found. The covariance matrix itself is never made.
 */

export type Components = {
  /** How far each row lies along each component: [rows][k] */
  scores: number[][];
  /** Unit vectors: [k][columns] */
  directions: Float64Array[];
  mean: Float64Array;
  /** The share of the variance that each component holds. */
  shares: number[];
};

type Flat = { rows: number; columns: number; values: ArrayLike<number> };

/** The same numbers on every machine: it starts from fixed vectors, and the largest number of a direction is positive. */
export function principalComponents({ rows, columns, values }: Flat, k: number, iterations = 80): Components {
  const mean = new Float64Array(columns);
  for (let i = 0; i < rows * columns; i++) mean[i % columns]! += values[i]! / rows;
  const rest = Float64Array.from({ length: rows * columns }, (_, i) => values[i]! - mean[i % columns]!);
  const total = rest.reduce((sum, value) => sum + value * value, 0);

  const directions: Float64Array[] = [];
  const shares: number[] = [];
  const along: Float64Array[] = [];
  for (let component = 0; component < k; component++) {
    const direction = strongest(rest, rows, columns, component, iterations);
    const scores = times(rest, direction, rows, columns);
    for (let i = 0; i < rows * columns; i++) rest[i]! -= scores[Math.floor(i / columns)]! * direction[i % columns]!;
    directions.push(direction);
    along.push(scores);
    shares.push(total > 0 ? scores.reduce((sum, score) => sum + score * score, 0) / total : 0);
  }
  const scores = Array.from({ length: rows }, (_, r) => along.map((component) => component[r]!));
  return { scores, directions, mean, shares };
}

function strongest(x: Float64Array, rows: number, columns: number, seed: number, iterations: number): Float64Array {
  let v = unit(Float64Array.from({ length: columns }, (_, i) => Math.sin(1 + seed + i * (i + 3))));
  for (let step = 0; step < iterations; step++) {
    const along = times(x, v, rows, columns);
    const next = new Float64Array(columns);
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) next[c]! += along[r]! * x[r * columns + c]!;
    if (next.every((value) => value === 0)) return new Float64Array(columns); // nothing is left to explain
    v = unit(next);
  }
  const largest = v.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? v.map((value) => -value) : v;
}

/** [rows, columns] · [columns] -> [rows] */
function times(x: Float64Array, v: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[r]! += x[r * columns + c]! * v[c]!;
  return result;
}

function unit(v: Float64Array): Float64Array {
  const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0)) || 1;
  return v.map((value) => value / length);
}
