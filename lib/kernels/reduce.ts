/**
 * Many numbers into one along the middle axis: x [outer, size, inner] -> y [outer, inner]
 *
 *     sum      y[o, i] = sum_s x[o, s, i]              mean   that divided by size
 *     max min  y[o, i] = max_s x[o, s, i], min_s ...
 *     argmax   y[o, i] = the first s at which x[o, s, i] is largest, as f32: exact up to 2²⁴
 *
 * One workgroup per result; its threads take s in turn and then reduce together.
 */
import { grid, type Kernel } from "../gpu";
import { threadBuiltins } from "./elements";
import { reduceReference, type ReductionName, type ReductionShape } from "./reduce.reference";
import { workgroupReduce } from "./workgroup-reduce";

export type { ReductionName, ReductionShape };

/** WGSL: from x, `first`, `params` and `thread` to the result `y`; element s lies at first + s * params.inner. */
const bodies: Record<ReductionName, string> = {
  sum: /* wgsl */ `
      var part = 0.0;
      for (var s = thread; s < params.size; s += WORKGROUP_SIZE) { part += x[first + s * params.inner]; }
      let y = workgroupSum(part, thread);`,
  mean: /* wgsl */ `
      var part = 0.0;
      for (var s = thread; s < params.size; s += WORKGROUP_SIZE) { part += x[first + s * params.inner]; }
      let y = workgroupSum(part, thread) / f32(params.size);`,
  max: /* wgsl */ `
      var part = LOWEST;
      for (var s = thread; s < params.size; s += WORKGROUP_SIZE) { part = max(part, x[first + s * params.inner]); }
      let y = workgroupMax(part, thread);`,
  min: /* wgsl */ `
      var part = LOWEST; // of the negated numbers: their maximum is the minimum, negated
      for (var s = thread; s < params.size; s += WORKGROUP_SIZE) { part = max(part, -x[first + s * params.inner]); }
      let y = -workgroupMax(part, thread);`,
  argmax: /* wgsl */ `
      var part = LOWEST;
      var at = f32(params.size - 1);
      for (var s = thread; s < params.size; s += WORKGROUP_SIZE) {
        let value = x[first + s * params.inner];
        if (value > part) { part = value; at = f32(s); }
      }
      let largest = workgroupMax(part, thread);
      if (part < largest) { at = f32(params.size - 1); } // not mine; the last place loses against any real one
      let y = -workgroupMax(-at, thread);`,
};

export const reductions = Object.fromEntries(
  Object.entries(bodies).map(([name, body]) => [name, reduction(name as ReductionName, body)]),
) as Record<ReductionName, Kernel<ReductionShape>>;

function reduction(name: ReductionName, body: string): Kernel<ReductionShape> {
  return {
    name,
    params: ({ outer, size, inner }) => Uint32Array.of(outer, size, inner),
    workgroups: ({ outer, inner }) => grid(outer * inner),
    outputs: ({ outer, inner }) => [outer * inner],
    reference: reduceReference(name),
    wgsl: /* wgsl */ `
    ${workgroupReduce}
    struct Params { outer: u32, size: u32, inner: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> results: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    const LOWEST = -3.4028234e38; // the lowest f32

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let result = group.y * groups.x + group.x;
      if (result >= params.outer * params.inner) { return; } // the whole workgroup leaves together
      let first = result / params.inner * params.size * params.inner + result % params.inner;
      ${body}
      if (thread == 0) { results[result] = y; }
    }
  `,
  };
}
