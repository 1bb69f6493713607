/** Comparisons that say what differs. Each returns a sentence, or undefined when all is well. */
import { describe, gridOf, number, place, shapeOf, showShape, type Grid } from "./values";

/** Shapes first: numbers cannot be compared across them. */
export function shapeProblem(actual: unknown, expected: readonly number[]): string | undefined {
  const shape = shapeIn(actual);
  if (typeof shape === "string") return `expected shape ${showShape(expected)}, got ${shape}`;
  if (shape.join() === expected.join()) return undefined;
  return `expected ${showShape(expected)}, got ${showShape(shape)}${guess(shape, expected)}`;
}

/** Nested arrays, typed arrays, numbers: equal to within `tolerance`, and NaN equal to nothing. */
export function closeProblem(actual: unknown, expected: unknown, tolerance: number): string | undefined {
  const wanted = gridOf(expected);
  if (!wanted) return `the reference is no list of numbers: ${describe(expected)}`;
  const problem = shapeProblem(actual, wanted.shape);
  if (problem) return problem;
  const got = gridOf(actual)!;
  const wrong: number[] = [];
  for (let i = 0; i < wanted.data.length; i++) {
    if (!near(got.data[i]!, wanted.data[i]!, tolerance)) wrong.push(i);
  }
  if (!wrong.length) return undefined;
  return firstWrong(got, wanted, wrong);
}

function near(a: number, b: number, tolerance: number): boolean {
  return a === b || Math.abs(a - b) <= tolerance;
}

function firstWrong(got: Grid, wanted: Grid, wrong: number[]): string {
  const i = wrong[0]!;
  const total = wanted.data.length;
  const pair = `expected ${number(wanted.data[i]!)}, got ${number(got.data[i]!)}`;
  if (total === 1) return pair;
  const share = wrong.length === total ? "every number differs" : `${wrong.length} of ${total} numbers differ`;
  return `${place(i, wanted.shape)}: ${pair}${wrong.length > 1 ? ` (${share})` : ""}`;
}

function shapeIn(value: unknown): number[] | string {
  try {
    return shapeOf(value) ?? describe(value);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The mistakes behind most wrong shapes. */
function guess(got: readonly number[], wanted: readonly number[]): string {
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  if (got.length === wanted.length && got.length > 1 && [...got].reverse().join() === wanted.join()) {
    return got.length === 2 ? ": are rows and columns swapped?" : ": is the order of the axes reversed?";
  }
  if (got.length === wanted.length && [...got].sort().join() === [...wanted].sort().join()) {
    return ": the right lengths in another order";
  }
  if (size(got) === size(wanted)) return ": the right count of numbers, grouped in another way";
  if (wanted.join().endsWith(got.join()) || wanted.join().startsWith(got.join())) return ": an axis is missing";
  if (got.length === wanted.length) {
    const axis = got.findIndex((length, i) => length !== wanted[i]);
    if (got[axis] === wanted[axis]! - 1) return `: one too few along axis ${axis}`;
    if (got[axis] === wanted[axis]! + 1) return `: one too many along axis ${axis}`;
  }
  return "";
}

/** The same structure and the same values, as JSON has them; NaN equals NaN here. */
export function equalProblem(actual: unknown, expected: unknown, path = ""): string | undefined {
  if (Object.is(actual, expected) || (actual === 0 && expected === 0)) return undefined;
  const at = path ? `${path}: ` : "";
  const differs = `${at}expected ${describe(expected)}, got ${describe(actual)}`;
  if (typeof actual !== "object" || typeof expected !== "object" || !actual || !expected) return differs;
  const [a, b] = [asList(actual), asList(expected)];
  if (a && b) {
    if (a.length !== b.length) return `${at}expected ${b.length} items, got ${a.length}`;
    for (let i = 0; i < b.length; i++) {
      const problem = equalProblem(a[i], b[i], path ? `${path}[${i}]` : `item ${i}`);
      if (problem) return problem;
    }
    return undefined;
  }
  if (a || b) return differs;
  const [x, y] = [actual as Record<string, unknown>, expected as Record<string, unknown>];
  for (const key of new Set([...Object.keys(y), ...Object.keys(x)])) {
    const problem = equalProblem(x[key], y[key], path ? `${path}.${key}` : key);
    if (problem) return problem;
  }
  return undefined;
}

function asList(value: object): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value as unknown[];
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? (value as unknown as ArrayLike<unknown>)
    : undefined;
}

/** Every row of the last axis. */
export function rowSumProblem(value: unknown, total: number, tolerance: number): string | undefined {
  const grid = gridOf(value);
  if (!grid || !grid.shape.length) return `expected rows of numbers, got ${describe(value)}`;
  const columns = grid.shape.at(-1)!;
  for (let row = 0; row < grid.data.length / columns; row++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += grid.data[row * columns + c]!;
    if (!near(sum, total, tolerance)) {
      const name = grid.shape.length === 1 ? "the row" : `row ${row}`;
      return `${name} should sum to ${number(total)}, but sums to ${number(sum)}`;
    }
  }
  return undefined;
}

/** [..., T, T]: nothing above the diagonal. */
export function causalProblem(value: unknown, tolerance: number): string | undefined {
  const grid = gridOf(value);
  const [rows, columns] = grid?.shape.slice(-2) ?? [];
  if (!grid || rows === undefined || columns === undefined || rows !== columns) {
    return `expected a square of weights, one row a token, got ${grid ? showShape(grid.shape) : describe(value)}`;
  }
  for (let i = 0; i < grid.data.length; i++) {
    const row = Math.floor(i / columns) % rows;
    const column = i % columns;
    const weight = grid.data[i]!;
    if (column > row && !(Math.abs(weight) <= tolerance)) {
      return `row ${row} looks at the future: its weight on token ${column} is ${number(weight)}, expected 0`;
    }
  }
  return undefined;
}
