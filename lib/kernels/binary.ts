/**
 * Functions of two numbers, with broadcasting: a, b -> y of the shape `shape`
 *
 *     y[i, j, ...] = f(a[i, j, ...], b[i, j, ...])     f: add, sub, mul, div, maximum, minimum
 *
 * A stride of 0 reads the same number along an axis again and again: that is all there is to broadcasting.
 * Callers merge axes first, so that two tensors of equal shape are one axis here. Dividing by 0 gives whatever the
 * device makes of it: WGSL knows no infinities.
 */
import type { Kernel } from "../gpu";
import { binaryReference, type BinaryName, type BinaryShape } from "./binary.reference";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { axesOf, paddedAxes } from "./strides";

export type { BinaryName, BinaryShape };

/** WGSL expressions of a and b. */
const expressions: Record<BinaryName, string> = {
  add: "a + b",
  sub: "a - b",
  mul: "a * b",
  div: "a / b",
  maximum: "max(a, b)",
  minimum: "min(a, b)",
};

export const binary = Object.fromEntries(
  Object.entries(expressions).map(([name, expression]) => [name, pairwise(name as BinaryName, expression)]),
) as Record<BinaryName, Kernel<BinaryShape>>;

function pairwise(name: BinaryName, expression: string): Kernel<BinaryShape> {
  const lengthOf = (shape: number[]) => shape.reduce((size, length) => size * length, 1);
  return {
    name,
    params: ({ shape, aStrides, bStrides }) =>
      Uint32Array.of(
        lengthOf(shape),
        shape.length,
        0,
        0,
        ...paddedAxes(shape),
        ...paddedAxes(aStrides),
        ...paddedAxes(bStrides),
      ),
    workgroups: ({ shape }) => workgroupsForElements(lengthOf(shape)),
    outputs: ({ shape }) => [lengthOf(shape)],
    reference: binaryReference(name),
    wgsl: /* wgsl */ `
    ${elements}
    ${axesOf}
    struct Params { length: u32, rank: u32, shape: Axes, aStrides: Axes, bStrides: Axes }

    @group(0) @binding(0) var<storage, read> aValues: array<f32>;
    @group(0) @binding(1) var<storage, read> bValues: array<f32>;
    @group(0) @binding(2) var<storage, read_write> results: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.length) { return; }
      var rest = i;
      var aAt = 0u;
      var bAt = 0u;
      for (var axis = params.rank; axis > 0; axis--) { // from the last axis, which changes fastest
        let length = lengthOn(params.shape, axis - 1);
        aAt += rest % length * lengthOn(params.aStrides, axis - 1);
        bAt += rest % length * lengthOn(params.bStrides, axis - 1);
        rest /= length;
      }
      let a = aValues[aAt];
      let b = bValues[bAt];
      results[i] = ${expression};
    }
  `,
  };
}
