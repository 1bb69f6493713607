/** Rounding to halves in JavaScript, against a search among all halves. */
import { describe, expect, test } from "vitest";
import { halfBits, halfValues, LARGEST_HALF, roundToHalf } from "../../lib/kernels";
import { allocate, openExecutor, write } from "../../lib/tensor";

/** All finite halves from 0 up, with the even ones at even places. */
const positive = [...halfValues().subarray(0, 0x7c00)];

/** The nearest half, the even one of two: by bisection, with no bit in sight. */
function nearest(value: number): number {
  let [low, high] = [0, positive.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (positive[middle]! <= value) low = middle;
    else high = middle;
  }
  const [below, above] = [value - positive[low]!, positive[high]! - value];
  if (above < below) return positive[high]!;
  return below < above || low % 2 === 0 ? positive[low]! : positive[high]!;
}

describe("rounding", () => {
  test("every half is itself", () => {
    const finite = Array.from({ length: 65_536 }, (_, half) => half).filter((half) => ((half >> 10) & 31) < 31);
    expect(finite.filter((half) => halfBits(halfValues()[half]!) !== half)).toEqual([]);
  });

  test("numbers on both sides of every step and of every middle go to the nearest, ties to even", () => {
    for (let i = 0; i + 1 < positive.length; i++) {
      const middle = (positive[i]! + positive[i + 1]!) / 2; // exact in f32
      for (const value of [middle, nextFloat(middle, 1), nextFloat(middle, -1)]) {
        const rounded = roundToHalf(value);
        if (rounded !== nearest(value)) throw new Error(`${value}: expected ${nearest(value)}, got ${rounded}`);
        if (roundToHalf(-value) !== -rounded) throw new Error(`-${value}: expected ${-rounded}`);
      }
    }
  });

  test("beyond the largest is the largest; NaN stays NaN; the sign of zero stays", () => {
    for (const value of [65_505, 65_520, 1e10, 3.4e38, Infinity]) {
      expect(roundToHalf(value)).toBe(LARGEST_HALF);
      expect(roundToHalf(-value)).toBe(-LARGEST_HALF);
    }
    expect(roundToHalf(NaN)).toBeNaN();
    expect(Object.is(roundToHalf(-1e-30), -0)).toBe(true);
  });
});

test("a long conversion lets others have the thread", async () => {
  const { executor } = await openExecutor({ prefer: "reference" });
  const length = 2 ** 22;
  const weight = allocate([length], { dtype: "f16", executor });
  const busy = () => process.cpuUsage().user / 1000; // milliseconds of work, however many others want the processor
  const started = busy();
  let [longest, last] = [0, started];
  const timer = setInterval(() => {
    longest = Math.max(longest, busy() - last);
    last = busy();
  }, 1);
  await write(weight, 0, new Uint8Array(length * 4).fill(60), "F32");
  clearInterval(timer);
  const took = busy() - started;
  expect(took).toBeGreaterThan(30); // or the test says nothing
  expect(longest).toBeLessThan(Math.min(50, took / 2));
});

/** The f32 after or before a positive one. */
function nextFloat(value: number, step: 1 | -1): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]! += step;
  return new Float32Array(bits.buffer)[0]!;
}
