/**
 * Writes into a part of an existing array, such as a cache: x [outer, length] -> y [outer, room]
 *
 *     y[o, first + i] = x[o, i];   the rest of y stays
 *
 * `length`, `room` and `first` count numbers from the written axis on: its length times all later axes.
 */
import type { Kernel } from "../gpu";
import { copyIntoReference, type CopyIntoShape } from "./copy-into.reference";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";

/** To be launched by `runInto`. */
export const copyInto: Kernel<CopyIntoShape> = {
  name: "copyInto",
  params: ({ outer, length, room, first }) => Uint32Array.of(outer, length, room, first),
  workgroups: ({ outer, length }) => workgroupsForElements(outer * length),
  outputs: ({ outer, room }) => [outer * room],
  reference: copyIntoReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { outer: u32, length: u32, room: u32, first: u32 }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.outer * params.length) { return; }
      y[i / params.length * params.room + params.first + i % params.length] = x[i];
    }
  `,
};
