/**
 * A walk through memory: transposing, slicing and repeating are all this. x -> y of the shape `shape`, dense
 *
 *     y[i, j, ...] = x[offset + i · strides[0] + j · strides[1] + ...]
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { stridedCopyReference } from "./strided-copy.reference";
import { axesOf, paddedAxes } from "./strides";

export type StridedShape = { shape: number[]; strides: number[]; offset: number };

export const stridedCopy: Kernel<StridedShape> = {
  name: "stridedCopy",
  params: ({ shape, strides, offset }) =>
    Uint32Array.of(lengthOf(shape), shape.length, offset, 0, ...paddedAxes(shape), ...paddedAxes(strides)),
  workgroups: ({ shape }) => workgroupsForElements(lengthOf(shape)),
  outputs: ({ shape }) => [lengthOf(shape)],
  reference: stridedCopyReference,
  wgsl: /* wgsl */ `
    ${elements}
    ${axesOf}
    struct Params { length: u32, rank: u32, offset: u32, shape: Axes, strides: Axes }

    @group(0) @binding(0) var<storage, read> x: array<f32>;
    @group(0) @binding(1) var<storage, read_write> y: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.length) { return; }
      var rest = i;
      var source = params.offset;
      for (var axis = params.rank; axis > 0; axis--) { // from the last axis, which changes fastest
        let length = lengthOn(params.shape, axis - 1);
        source += rest % length * lengthOn(params.strides, axis - 1);
        rest /= length;
      }
      y[i] = x[source];
    }
  `,
};

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
