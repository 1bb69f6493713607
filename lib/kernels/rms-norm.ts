/**
 * Root mean square normalisation over the last axis: x [rows, cols], weight [cols] -> y [rows, cols]
 *
 *     y[r, c] = x[r, c] / sqrt(sum_c x[r, c]² / cols + eps) · weight[c]
 *
 * https://arxiv.org/abs/1910.07467. One workgroup per row.
 */
import { float32Bits, grid, type Kernel } from "../gpu";
import { threadBuiltins } from "./elements";
import { rmsNormReference } from "./rms-norm.reference";
import { workgroupReduce } from "./workgroup-reduce";

export const rmsNorm: Kernel<{ rows: number; cols: number; eps: number }> = {
  name: "rmsNorm",
  params: ({ rows, cols, eps }) => Uint32Array.of(rows, cols, float32Bits(eps)),
  workgroups: ({ rows }) => grid(rows),
  outputs: ({ rows, cols }) => [rows * cols],
  reference: rmsNormReference,
  wgsl: /* wgsl */ `
    ${workgroupReduce}
    struct Params { rows: u32, cols: u32, eps: f32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read> weight: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let row = group.y * groups.x + group.x;
      if (row >= params.rows) { return; } // the whole workgroup leaves together
      let first = row * params.cols;

      var squares = 0.0;
      for (var c = thread; c < params.cols; c += WORKGROUP_SIZE) { squares += x[first + c] * x[first + c]; }
      let scale = inverseSqrt(workgroupSum(squares, thread) / f32(params.cols) + params.eps);

      for (var c = thread; c < params.cols; c += WORKGROUP_SIZE) { y[first + c] = x[first + c] * scale * weight[c]; }
    }
  `,
};
