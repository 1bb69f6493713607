/** For kernels that walk up to 8 axes. */

/** WGSL: eight numbers, one per axis. A uniform array takes 16 bytes an element, hence the vectors of four. */
export const axesOf = /* wgsl */ `
alias Axes = array<vec4u, 2>;
fn lengthOn(axes: Axes, axis: u32) -> u32 { return axes[axis / 4][axis % 4]; }
`;

/** The words of `Axes`. */
export function paddedAxes(lengths: readonly number[]): number[] {
  return Array.from({ length: 8 }, (_, axis) => lengths[axis] ?? 0);
}
