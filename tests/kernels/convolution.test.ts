import { describe, expect, test } from "vitest";
import { depthwiseConv2d, placesOf, unfold, type WindowShape } from "../../lib/kernels";
import { expectOutside, expectWithin, folded, gamma, launch, loops, uniform } from "./compare";

const windows: [name: string, shape: WindowShape][] = [
  ["one pixel", { batch: 1, channels: 1, height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 }],
  ["ConvNeXt's 7 × 7", { batch: 1, channels: 3, height: 9, width: 8, kernelHeight: 7, kernelWidth: 7, stride: 1, padding: 3 }],
  ["a picture smaller than the window", { batch: 2, channels: 2, height: 3, width: 2, kernelHeight: 7, kernelWidth: 7, stride: 1, padding: 3 }],
  ["steps of two, not all pixels reached", { batch: 2, channels: 2, height: 8, width: 7, kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1 }],
  ["a window that is not square", { batch: 1, channels: 2, height: 6, width: 9, kernelHeight: 1, kernelWidth: 4, stride: 3, padding: 2 }],
  ["no padding", { batch: 3, channels: 1, height: 5, width: 5, kernelHeight: 5, kernelWidth: 3, stride: 1, padding: 0 }],
  ["a row of pixels", { batch: 1, channels: 65, height: 1, width: 9, kernelHeight: 1, kernelWidth: 3, stride: 1, padding: 1 }],
]; // prettier-ignore

describe("depthwiseConv2d", () => {
  test.each(windows.flatMap(([name, shape]) => [1, 2].map((multiplier) => [name, { ...shape, multiplier }] as const)))(
    "%s: %j",
    async (_, shape) => {
      const { batch, channels, height, width, kernelHeight, kernelWidth, multiplier } = shape;
      const [outputs, area] = [channels * multiplier, kernelHeight * kernelWidth];
      const inputs = [
        uniform(batch * channels * height * width, 2),
        uniform(outputs * area, 1, 2),
        uniform(outputs, 1, 3),
      ];
      const [magnitude] = loops(
        depthwiseConv2d,
        inputs.map((values) => values.map(Math.abs)),
        shape,
      );
      const expected = loops(depthwiseConv2d, inputs, shape)[0]!;
      for (const kernel of [depthwiseConv2d, folded(depthwiseConv2d)]) {
        const [y] = await launch(kernel, inputs, shape);
        expectWithin(y!, expected, (i) => gamma(area + 1) * magnitude![i]!);
      }
    },
  );

  test("control: the window is not turned over", async () => {
    const shape = { ...windows[3]![1], multiplier: 1 };
    const inputs = [uniform(2 * 2 * 8 * 7), uniform(18, 1, 2), uniform(2, 1, 3)];
    const turned = [inputs[0]!, inputs[1]!.slice().reverse(), inputs[2]!];
    const [y] = await launch(depthwiseConv2d, turned, shape);
    expectOutside(y!, loops(depthwiseConv2d, inputs, shape)[0]!, () => 1e-3);
  });
});

describe("unfold", () => {
  test.each(windows)("%s: %j", async (_, shape) => {
    const inputs = [uniform(shape.batch * shape.channels * shape.height * shape.width)];
    const expected = loops(unfold, inputs, shape)[0]!;
    for (const kernel of [unfold, folded(unfold)]) {
      const [y] = await launch(kernel, inputs, shape);
      expectWithin(y!, expected, () => 0);
    }
  });

  test("its loops: a picture of 2 × 3 under a window of 1 × 2 with a border", () => {
    const shape = {
      batch: 1,
      channels: 1,
      height: 2,
      width: 3,
      kernelHeight: 1,
      kernelWidth: 2,
      stride: 2,
      padding: 1,
    };
    expect(placesOf(shape)).toEqual({ rows: 2, columns: 2 });
    // Rows -1 and 1, columns -1 and 1 for the first number of the window, 0 and 2 for the second.
    expect([...loops(unfold, [Float32Array.of(1, 2, 3, 4, 5, 6)], shape)[0]!]).toEqual([0, 0, 0, 5, 0, 0, 4, 6]);
  });
});
