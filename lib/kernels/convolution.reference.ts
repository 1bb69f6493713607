import type { Reference } from "../gpu";

/** A window of kernelHeight × kernelWidth over a picture; `multiplier` is output channels per input channel. */
export type WindowShape = {
  batch: number;
  channels: number;
  height: number;
  width: number;
  kernelHeight: number;
  kernelWidth: number;
  stride: number;
  padding: number;
};
export type DepthwiseShape = WindowShape & { multiplier: number };

/** How often the window fits, down and across. */
export function placesOf({ height, width, kernelHeight, kernelWidth, stride, padding }: WindowShape) {
  const fits = (length: number, window: number) => Math.floor((length + 2 * padding - window) / stride) + 1;
  return { rows: fits(height, kernelHeight), columns: fits(width, kernelWidth) };
}

/** What `depthwiseConv2d` computes, in plain loops and double precision. */
export const depthwiseReference: Reference<DepthwiseShape> = function* ([x, weight, bias], shape) {
  const { batch, channels, height, width, kernelHeight, kernelWidth, stride, padding, multiplier } = shape;
  const { rows, columns } = placesOf(shape);
  const outputs = channels * multiplier;
  const y = new Float64Array(batch * outputs * rows * columns);
  let i = 0;
  for (let plane = 0; plane < batch * outputs; plane++) {
    const output = plane % outputs;
    const from = Math.floor(plane / outputs) * channels + Math.floor(output / multiplier);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = bias![output]!;
        for (let m = 0; m < kernelHeight; m++) {
          const down = row * stride + m - padding;
          if (down < 0 || down >= height) continue;
          for (let n = 0; n < kernelWidth; n++) {
            const across = column * stride + n - padding;
            if (across < 0 || across >= width) continue;
            sum +=
              weight![(output * kernelHeight + m) * kernelWidth + n]! * x![(from * height + down) * width + across]!;
          }
        }
        y[i++] = sum;
      }
      yield;
    }
  }
  return [y];
};

/** What `unfold` does. */
export const unfoldReference: Reference<WindowShape> = function* ([x], shape) {
  const { batch, channels, height, width, kernelHeight, kernelWidth, stride, padding } = shape;
  const { rows, columns } = placesOf(shape);
  const y = new Float64Array(batch * channels * kernelHeight * kernelWidth * rows * columns);
  let i = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let m = 0; m < kernelHeight; m++) {
      for (let n = 0; n < kernelWidth; n++) {
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const [down, across] = [row * stride + m - padding, column * stride + n - padding];
            const inside = down >= 0 && down < height && across >= 0 && across < width;
            y[i++] = inside ? x![(plane * height + down) * width + across]! : 0;
          }
        }
        yield;
      }
    }
  }
  return [y];
};
