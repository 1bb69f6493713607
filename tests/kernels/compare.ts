/**
 * Launching one kernel, and comparing what it gives with its plain loops.
 *
 * A tolerance here is derived, not tuned. `U` is the unit roundoff of f32: one rounded operation is off by at most U
 * times its result. A sum of n rounded products is off by at most gamma(n) times the sum of their absolute values,
 * whatever the order (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). WGSL's own functions are
 * allowed errors in ULP (https://www.w3.org/TR/WGSL/#floating-point-accuracy); one ULP is at most 2 U times the result.
 */
import { expect } from "vitest";
import { openDevice, type Device, type Kernel } from "../../lib/gpu";
import { nodeGpu } from "../gpu";

export const U = 2 ** -24;
const ULP = 2 * U;

/** Smaller results may be flushed to 0. */
export const SMALLEST_NORMAL = 2 ** -126;

export const gamma = (n: number) => (n * U) / (1 - n * U);

/** Relative errors that WGSL allows: exp 3 + 2 |x| ULP, division 2.5 ULP, inverseSqrt 2 ULP. */
export const expError = (x: number) => (3 + 2 * Math.abs(x)) * ULP;
export const DIVISION_ERROR = 2.5 * ULP;
export const INVERSE_SQRT_ERROR = 2 * ULP;

let device: Promise<Device> | undefined;

/** One device per test file. */
export function testDevice(): Promise<Device> {
  return (device ??= nodeGpu().then((gpu) => openDevice({ gpu })));
}

/** What the GPU makes of it. Outputs start as NaN, so that a number which the kernel does not write is noticed. */
export async function launch<S>(kernel: Kernel<S>, inputs: readonly Float32Array[], shape: S): Promise<Float32Array[]> {
  const gpu = await testDevice();
  const arrays = inputs.map((values) => gpu.upload(values));
  for (const length of kernel.outputs(shape)) gpu.free(gpu.upload(new Float32Array(length).fill(NaN)));
  const outputs = gpu.run(kernel, arrays, shape);
  const results = await Promise.all(outputs.map((output) => gpu.read(output)));
  for (const array of [...arrays, ...outputs]) gpu.free(array);
  return results;
}

/** What the plain loops make of it. */
export function loops<S>(kernel: Kernel<S>, inputs: readonly Float32Array[], shape: S): Float64Array[] {
  const generator = kernel.reference(inputs, shape);
  for (;;) {
    const step = generator.next();
    if (step.done) return step.value;
  }
}

/** The same kernel with its workgroups folded into a grid of width 3, as a very long list of them would be. */
export function folded<S>(kernel: Kernel<S>): Kernel<S> {
  const workgroups = (shape: S): [number, number] => {
    const [x, y] = kernel.workgroups(shape);
    return [3, Math.ceil((x * y) / 3)];
  };
  return { ...kernel, name: `${kernel.name} (folded)`, workgroups };
}

/** Seeded numbers, evenly spread over [-scale, scale]. */
export function uniform(length: number, scale = 1, seed = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' quick generator
    return ((state >>> 8) / 2 ** 23 - 1) * scale;
  });
}

export type Comparison = { error: number; ratio: number };

/** The largest error, and the largest in units of its bound: above 1 is a failure. */
export function compare(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
): Comparison {
  if (actual.length !== expected.length) return { error: Infinity, ratio: Infinity };
  const worst = { error: 0, ratio: 0 };
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(error)) return { error: Infinity, ratio: Infinity }; // every comparison with NaN is false: leave
    worst.error = Math.max(worst.error, error);
    worst.ratio = Math.max(worst.ratio, error === 0 ? 0 : error / bound(i));
  }
  return worst;
}

/** Passes when each number is within its bound of what was expected. */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
): void {
  const { error, ratio } = compare(actual, expected, bound);
  note(error, ratio);
  expect(ratio, `largest error ${error}, in units of the derived bound`).toBeLessThanOrEqual(1);
}

/** For a control: the comparison must see a difference. */
export function expectOutside(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
): void {
  expect(compare(actual, expected, bound).ratio).toBeGreaterThan(1);
}

/** With PATCHWORK_ERRORS=1, the largest error of each test is printed. */
function note(error: number, ratio: number): void {
  if (!process.env.PATCHWORK_ERRORS) return;
  process.stderr.write(
    `${expect.getState().currentTestName}: error ${error.toExponential(1)}, ${(100 * ratio).toFixed(1)} % of the bound\n`,
  );
}
