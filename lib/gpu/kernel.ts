/**
 * What a kernel is: a compute shader, how to launch it, and the same computation in plain loops.
 *
 * Buffers bind in the shader's `@binding` order, all in group 0: inputs, outputs, then the `params` uniform.
 */
export type Kernel<Shape> = {
  /** Shown in error messages and in profiles. */
  name: string;
  wgsl: string;
  /** The shader's `params` uniform, as 32-bit words; floats go in by `float32Bits`. */
  params(shape: Shape): Uint32Array<ArrayBuffer>;
  /** How many workgroups to launch, in x and y. */
  workgroups(shape: Shape): [number, number];
  /** How many numbers each output holds. */
  outputs(shape: Shape): number[];
  /** What the shader computes, in plain loops and double precision: the oracle of the tests, and the way without a GPU. */
  reference: Reference<Shape>;
};

/** How numbers lie on the device: as f32, or as halves, two in a 32-bit word. */
export type NumberType = "f32" | "f16";

/**
 * Plain loops as a generator: each `yield` marks a place where a page may attend to its reader before the loops go on.
 * What it returns is one array per output. An input of halves comes as their 16 bits each. A kernel that is launched on
 * existing arrays (`runInto`) finds them in `targets`, changes them there and returns nothing.
 */
export type Reference<Shape> = (
  inputs: readonly ArrayLike<number>[],
  shape: Shape,
  targets?: readonly { [index: number]: number }[],
) => Generator<undefined, Float64Array[], undefined>;

/** WebGPU allows this many workgroups in one dimension, on every device. */
const MAX_WORKGROUPS = 65_535;

/** Folds a long list of workgroups into two dimensions: `index = y * width + x`, and the last row may overshoot. */
export function grid(count: number): [number, number] {
  const width = Math.max(1, Math.min(count, MAX_WORKGROUPS));
  return [width, Math.ceil(count / width)];
}

/** The bits of a number rounded to f32, to be stored in a word of `params`. */
export function float32Bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}
