/**
 * Layer normalisation over the last axis: x [rows, cols], weight [cols], bias [cols] -> y [rows, cols]
 *
 *     y[r, c] = (x[r, c] - mean[r]) / sqrt(variance[r] + eps) · weight[c] + bias[c]
 *     mean[r] = sum_c x[r, c] / cols,   variance[r] = sum_c (x[r, c] - mean[r])² / cols
 *
 * https://arxiv.org/abs/1607.06450. One workgroup per row. The mean is subtracted before squaring: the shorter way,
 * mean(x²) - mean(x)², loses all digits when the mean is large beside the spread.
 */
import { float32Bits, grid, type Kernel } from "../gpu";
import { threadBuiltins } from "./elements";
import { layerNormReference } from "./layer-norm.reference";
import { workgroupReduce } from "./workgroup-reduce";

export const layerNorm: Kernel<{ rows: number; cols: number; eps: number }> = {
  name: "layerNorm",
  params: ({ rows, cols, eps }) => Uint32Array.of(rows, cols, float32Bits(eps)),
  workgroups: ({ rows }) => grid(rows),
  outputs: ({ rows, cols }) => [rows * cols],
  reference: layerNormReference,
  wgsl: /* wgsl */ `
    ${workgroupReduce}
    struct Params { rows: u32, cols: u32, eps: f32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> weight: array<f32>;
    @group(0) @binding(2) var<storage, read> bias: array<f32>;
    @group(0) @binding(3) var<storage, read_write> y: array<f32>;
    @group(0) @binding(4) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let row = group.y * groups.x + group.x;
      if (row >= params.rows) { return; }
      let first = row * params.cols;
      let count = f32(params.cols);

      var sum = 0.0;
      for (var c = thread; c < params.cols; c += WORKGROUP_SIZE) { sum += x[first + c]; }
      let mean = workgroupSum(sum, thread) / count;

      var squares = 0.0;
      for (var c = thread; c < params.cols; c += WORKGROUP_SIZE) {
        let deviation = x[first + c] - mean;
        squares += deviation * deviation;
      }
      let scale = inverseSqrt(workgroupSum(squares, thread) / count + params.eps);

      for (var c = thread; c < params.cols; c += WORKGROUP_SIZE) {
        y[first + c] = (x[first + c] - mean) * scale * weight[c] + bias[c];
      }
    }
  `,
};
