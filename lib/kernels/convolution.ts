/**
 * Two kernels for convolution, in which a window of kernelHeight × kernelWidth pixels moves over a picture in steps of
 * `stride`. With `padding` zeros around it, the window fits `rows` times down and `columns` times across.
 *
 * depthwiseConv2d, where an output channel sees one input channel:
 * x [batch, channels, height, width], weight [outputs, kernelHeight, kernelWidth], bias [outputs]
 *   -> y [batch, outputs, rows, columns], outputs = channels · multiplier
 *
 *     y[b, o, i, j] = bias[o] + sum_m,n weight[o, m, n] · x[b, o / multiplier, i · stride + m - padding, j · stride + n - padding]
 *
 * unfold, after which any convolution is a product of matrices:
 * x [batch, channels, height, width] -> y [batch, channels, kernelHeight, kernelWidth, rows, columns]
 *
 *     y[b, c, m, n, i, j] = x[b, c, i · stride + m - padding, j · stride + n - padding]
 */
import type { Kernel } from "../gpu";
import {
  depthwiseReference,
  placesOf,
  unfoldReference,
  type DepthwiseShape,
  type WindowShape,
} from "./convolution.reference";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";

export { placesOf, type DepthwiseShape, type WindowShape };

const members = /* wgsl */ `
      batch: u32, channels: u32, height: u32, width: u32,
      kernelHeight: u32, kernelWidth: u32, stride: u32, padding: u32, rows: u32, columns: u32,`;

function words(shape: WindowShape): number[] {
  const { batch, channels, height, width, kernelHeight, kernelWidth, stride, padding } = shape;
  const { rows, columns } = placesOf(shape);
  return [batch, channels, height, width, kernelHeight, kernelWidth, stride, padding, rows, columns];
}

function places(shape: WindowShape): number {
  const { rows, columns } = placesOf(shape);
  return rows * columns;
}

const depthwiseLength = (shape: DepthwiseShape) => shape.batch * shape.channels * shape.multiplier * places(shape);

export const depthwiseConv2d: Kernel<DepthwiseShape> = {
  name: "depthwiseConv2d",
  params: (shape) => Uint32Array.of(...words(shape), shape.multiplier),
  workgroups: (shape) => workgroupsForElements(depthwiseLength(shape)),
  outputs: (shape) => [depthwiseLength(shape)],
  reference: depthwiseReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params {${members} multiplier: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> weight: array<f32>;
    @group(0) @binding(2) var<storage, read> bias: array<f32>;
    @group(0) @binding(3) var<storage, read_write> y: array<f32>;
    @group(0) @binding(4) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      let plane = i / (params.rows * params.columns);
      let outputs = params.channels * params.multiplier;
      if (plane >= params.batch * outputs) { return; }
      let output = plane % outputs;
      let picture = (plane / outputs * params.channels + output / params.multiplier) * params.height * params.width;
      // The window's first pixel, counted from the first pixel of the padding; and its part inside the picture.
      let top = i / params.columns % params.rows * params.stride;
      let left = i % params.columns * params.stride;
      let rowStart = max(top, params.padding) - top;
      let rowEnd = min(top + params.kernelHeight, params.height + params.padding);
      let columnStart = max(left, params.padding) - left;
      let columnEnd = min(left + params.kernelWidth, params.width + params.padding);
      var sum = bias[output];
      for (var m = rowStart; top + m < rowEnd; m++) {
        let line = picture + (top + m - params.padding) * params.width;
        let weights = (output * params.kernelHeight + m) * params.kernelWidth;
        for (var n = columnStart; left + n < columnEnd; n++) {
          sum += weight[weights + n] * x[line + left + n - params.padding];
        }
      }
      y[i] = sum;
    }
  `,
};

const unfoldLength = (shape: WindowShape) =>
  shape.batch * shape.channels * shape.kernelHeight * shape.kernelWidth * places(shape);

export const unfold: Kernel<WindowShape> = {
  name: "unfold",
  params: (shape) => Uint32Array.from(words(shape)),
  workgroups: (shape) => workgroupsForElements(unfoldLength(shape)),
  outputs: (shape) => [unfoldLength(shape)],
  reference: unfoldReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params {${members} }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      let window = i / (params.rows * params.columns); // which plane, and which place in its window
      let plane = window / (params.kernelHeight * params.kernelWidth);
      if (plane >= params.batch * params.channels) { return; }
      // Counted from the first pixel of the padding.
      let row = i / params.columns % params.rows * params.stride + window / params.kernelWidth % params.kernelHeight;
      let column = i % params.columns * params.stride + window % params.kernelWidth;
      let inside = row >= params.padding && row < params.height + params.padding &&
        column >= params.padding && column < params.width + params.padding;
      if (inside) {
        y[i] = x[(plane * params.height + row - params.padding) * params.width + column - params.padding];
      } else {
        y[i] = 0.0;
      }
    }
  `,
};
