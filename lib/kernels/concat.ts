/**
 * Two tensors end to end along an axis: a [outer, a], b [outer, b] -> y [outer, a + b]
 *
 *     y[o, i] = a[o, i] for i < a,   b[o, i - a] otherwise
 *
 * `a` and `b` count the numbers from the joined axis on: its length times all later axes.
 */
import type { Kernel } from "../gpu";
import { concatReference } from "./concat.reference";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";

export const concat: Kernel<{ outer: number; a: number; b: number }> = {
  name: "concat",
  params: ({ outer, a, b }) => Uint32Array.of(outer, a, b),
  workgroups: ({ outer, a, b }) => workgroupsForElements(outer * (a + b)),
  outputs: ({ outer, a, b }) => [outer * (a + b)],
  reference: concatReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { outer: u32, a: u32, b: u32 }

    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      let length = params.a + params.b;
      if (i >= params.outer * length) { return; }
      let o = i / length;
      let at = i % length;
      if (at < params.a) { y[i] = a[o * params.a + at]; } else { y[i] = b[o * params.b + at - params.a]; }
    }
  `,
};
