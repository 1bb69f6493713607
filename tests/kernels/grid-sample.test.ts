import { describe, expect, test } from "vitest";
import { gridSample } from "../../lib/kernels";
import type { GridSampleShape } from "../../lib/kernels/grid-sample.reference";
import { expectOutside, expectWithin, folded, launch, loops, U, uniform } from "./compare";

const shapes: [name: string, shape: GridSampleShape, reach: number][] = [
  ["one pixel, one place", { batch: 1, channels: 1, height: 1, width: 1, places: 1 }, 1],
  ["one row", { batch: 1, channels: 2, height: 1, width: 9, places: 7 }, 1],
  ["exactly a workgroup", { batch: 1, channels: 1, height: 5, width: 4, places: 64 }, 1],
  ["several pictures, places outside too", { batch: 3, channels: 2, height: 6, width: 7, places: 33 }, 1.5],
];

/**
 * The picture's numbers are within [-1, 1], so one pixel to the side changes a result by at most 2. A place is the sum,
 * the product, the difference and the half of numbers below (reach + 1) · length; four roundings, of which WGSL allows
 * division 2.5 ULP. Two directions, and ten roundings of the mixing itself.
 */
const bound =
  ({ height, width }: GridSampleShape, reach: number) =>
  () =>
    2 * 8 * U * ((reach + 1) * (height + width) + 2) + 10 * U;

const inputsFor = ({ batch, channels, height, width, places }: GridSampleShape, reach: number) => [
  uniform(batch * channels * height * width),
  uniform(batch * places * 2, reach, 2),
];

describe("gridSample", () => {
  test.each(shapes)("%s: %j", async (_, shape, reach) => {
    const inputs = inputsFor(shape, reach);
    const expected = loops(gridSample, inputs, shape)[0]!;
    for (const kernel of [gridSample, folded(gridSample)]) {
      const [y] = await launch(kernel, inputs, shape);
      expectWithin(y!, expected, bound(shape, reach));
    }
  });

  test("far outside there is nothing, and on a pixel's centre there is the pixel", async () => {
    const shape = { batch: 1, channels: 1, height: 2, width: 4, places: 4 };
    const picture = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const places = Float32Array.of(-1e20, 0, 0, 1e20, 0.25, -0.5, -0.75, 0.5);
    expect([...(await launch(gridSample, [picture, places], shape))[0]!]).toEqual([0, 0, 3, 5]);
  });

  test("control: across is not down", async () => {
    const shape = shapes[3]![1];
    const inputs = inputsFor(shape, 1);
    const [y] = await launch(gridSample, inputs, shape);
    const turned = inputs[1]!.map((_, i) => inputs[1]![i ^ 1]!);
    expectOutside(y!, loops(gridSample, [inputs[0]!, turned], shape)[0]!, () => 1e-3);
  });
});
