/**
 * Softmax over the last axis: x [rows, cols] -> y [rows, cols]
 *
 *     y[r, c] = exp(x[r, c] - m[r]) / sum_c exp(x[r, c] - m[r]),   m[r] = max_c x[r, c]
 *
 * Subtracting m leaves the result unchanged, and keeps exp() from overflowing f32 (which it does above x = 88.7).
 *
 * One workgroup per row. Its threads take the columns in turn (thread, thread + 64, ...), so neighbouring threads read
 * neighbouring floats, and then reduce together. Reads x three times: simple, and still one launch. To mask a score,
 * set it to a large negative number, not -Infinity: WGSL lets a GPU assume that there are no infinities.
 */
import { grid, type Kernel } from "../gpu";
import { threadBuiltins } from "./elements";
import { softmaxReference } from "./softmax.reference";
import { workgroupReduce } from "./workgroup-reduce";

export const softmax: Kernel<{ rows: number; cols: number }> = {
  name: "softmax",
  params: ({ rows, cols }) => Uint32Array.of(rows, cols),
  workgroups: ({ rows }) => grid(rows),
  outputs: ({ rows, cols }) => [rows * cols],
  reference: softmaxReference,
  wgsl: /* wgsl */ `
    ${workgroupReduce}
    struct Params { rows: u32, cols: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    const LOWEST = -3.4028234e38; // the lowest f32

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let row = group.y * groups.x + group.x;
      if (row >= params.rows) { return; } // the whole workgroup leaves together
      let first = row * params.cols;
      let last = first + params.cols;

      var m = LOWEST;
      for (var i = first + thread; i < last; i += WORKGROUP_SIZE) { m = max(m, x[i]); }
      m = workgroupMax(m, thread);

      var total = 0.0;
      for (var i = first + thread; i < last; i += WORKGROUP_SIZE) { total += exp(x[i] - m); }
      total = workgroupSum(total, thread);

      for (var i = first + thread; i < last; i += WORKGROUP_SIZE) { y[i] = exp(x[i] - m) / total; }
    }
  `,
};
