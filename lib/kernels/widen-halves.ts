/**
 * Halves as f32, for the operations that do not read halves themselves: x [length] halves, two in a word -> y [length]
 *
 *     y[i] = x[i], exactly
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { halfConversions } from "./half";
import { widenHalvesReference } from "./widen-halves.reference";

export const widenHalves: Kernel<{ length: number }> = {
  name: "widenHalves",
  params: ({ length }) => Uint32Array.of(length),
  workgroups: ({ length }) => workgroupsForElements(length),
  outputs: ({ length }) => [length],
  reference: widenHalvesReference,
  wgsl: /* wgsl */ `
    ${elements}
    ${halfConversions}
    struct Params { length: u32 }

    @group(0) @binding(0) var<storage, read> x: array<u32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.length) { return; }
      y[i] = bitcast<f32>(halfToFloatBits((x[i / 2] >> (i % 2 * 16)) & 0xffff));
    }
  `,
};
