/**
 * `expect(value)`: what a check says about a learner's result. A matcher that fails throws an ExpectationError with a
 * sentence in the learner's terms. Tensors are read first: then a matcher returns a promise, and a check's run waits
 * for it whether or not the check does.
 */
import { causalProblem, closeProblem, equalProblem, rowSumProblem, shapeProblem } from "./compare";
import { ExpectationError } from "./failure";
import { describe, readTensors } from "./values";

export type CloseOptions = {
  /** What to think about when it fails. */
  hint?: string;
  /** Largest difference that is still equal [1e-4]. */
  tolerance?: number;
};

export type Matchers = {
  /** The same number, text or object. */
  toBe(expected: unknown, hint?: string): Result;
  /** The same structure with the same values. */
  toEqual(expected: unknown, hint?: string): Result;
  /** Numbers in lists, nested lists, typed arrays or tensors, to within a tolerance [1e-4]. */
  toBeCloseTo(expected: unknown, options?: string | CloseOptions): Result;
  /** The same as toBeCloseTo: reads better for a reference of the engine. */
  toBeClose(reference: unknown, options?: string | CloseOptions): Result;
  /** A shape, such as [64, 768]. */
  toHaveShape(shape: readonly number[], hint?: string): Result;
  /** Every row (of the last axis) sums to this; `why` says what the rows are. */
  rowsToSumTo(total: number, why?: string, options?: { tolerance?: number }): Result;
  /** Weights [..., T, T] in which no token looks at a later one. */
  toBeCausal(hint?: string): Result;
  toBeGreaterThan(bound: number, hint?: string): Result;
  toBeLessThan(bound: number, hint?: string): Result;
  /** The value is a function; calling it throws, with a message that contains the text or matches. */
  toThrow(message?: string | RegExp, hint?: string): Result;
  /** The same, turned around. */
  not: Pick<Matchers, "toBe" | "toEqual" | "toBeCloseTo" | "toThrow">;
};

/** A promise when a tensor had to be read. */
export type Result = void | Promise<void>;

export type Expect = (actual: unknown) => Matchers;

const TOLERANCE = 1e-4;

/** @param track is given each promise that a matcher returns, so that none is forgotten. */
export function createExpect(track: (pending: Promise<void>) => void = () => {}, signal?: AbortSignal): Expect {
  return (actual) => {
    const verify = (
      values: unknown[],
      problem: (...values: unknown[]) => string | undefined,
      hint?: string,
    ): Result => {
      const finish = (read: unknown[]) => {
        const message = problem(...read);
        if (message !== undefined) throw new ExpectationError(message, hint);
      };
      const read = values.map((value) => readTensors(value, signal));
      if (!read.some((value) => value instanceof Promise)) return finish(read);
      const pending = Promise.all(read).then(finish);
      track(pending);
      return pending;
    };
    const close = (expected: unknown, options: string | CloseOptions = {}) => {
      const { hint, tolerance = TOLERANCE } = typeof options === "string" ? { hint: options } : options;
      return verify([actual, expected], (a, b) => closeProblem(a, b, tolerance), hint);
    };
    const bound = (holds: (x: number) => boolean, words: string, hint?: string) =>
      verify(
        [actual],
        (x) => (typeof x === "number" && holds(x) ? undefined : `expected ${words}, got ${describe(x)}`),
        hint,
      );

    return {
      toBe: (expected, hint) => verify([], () => beProblem(actual, expected), hint),
      toEqual: (expected, hint) => verify([actual, expected], (a, b) => equalProblem(a, b), hint),
      toBeCloseTo: close,
      toBeClose: close,
      toHaveShape: (shape, hint) => verify([], () => shapeProblem(actual, shape), hint),
      rowsToSumTo: (total, why, { tolerance = TOLERANCE } = {}) =>
        verify([actual], (value) => rowSumProblem(value, total, tolerance), why),
      toBeCausal: (hint) => verify([actual], (value) => causalProblem(value, 1e-6), hint),
      toBeGreaterThan: (than, hint) => bound((x) => x > than, `more than ${than}`, hint),
      toBeLessThan: (than, hint) => bound((x) => x < than, `less than ${than}`, hint),
      toThrow: (message, hint) => verify([], () => throwProblem(actual, message), hint),
      not: {
        toBe: (expected, hint) => verify([], () => negate(beProblem(actual, expected), expected), hint),
        toEqual: (expected, hint) => verify([actual, expected], (a, b) => negate(equalProblem(a, b), b), hint),
        toBeCloseTo: (expected, options = {}) => {
          const { hint, tolerance = TOLERANCE } = typeof options === "string" ? { hint: options } : options;
          return verify([actual, expected], (a, b) => negate(closeProblem(a, b, tolerance), b), hint);
        },
        toThrow: (message, hint) =>
          verify(
            [],
            () => (throwProblem(actual, message) === undefined ? "expected no error, got one" : undefined),
            hint,
          ),
      },
    };
  };
}

/** For a cell: nothing waits for it but the cell. */
export const expect: Expect = createExpect();

function beProblem(actual: unknown, expected: unknown): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  const [a, b] = [describe(actual), describe(expected)];
  return a === b ? `expected the same ${b}, got another one like it` : `expected ${b}, got ${a}`;
}

const negate = (problem: string | undefined, value: unknown) =>
  problem === undefined ? `expected anything but ${describe(value)}` : undefined;

function throwProblem(body: unknown, message?: string | RegExp): string | undefined {
  if (typeof body !== "function") return `expected a function that throws, got ${describe(body)}`;
  try {
    (body as () => unknown)();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const fits = message === undefined || (typeof message === "string" ? text.includes(message) : message.test(text));
    return fits ? undefined : `expected an error that says ${String(message)}, got ${JSON.stringify(text)}`;
  }
  return "expected an error, got none";
}
