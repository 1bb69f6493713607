/**
 * Halves: f16 has 1 bit of sign, 5 of exponent and 10 of fraction (IEEE 754 binary16).
 *
 *     s eeeee mmmmmmmmmm:  (-1)^s · 2^(e - 15) · 1.m;   e = 0: (-1)^s · 2^-14 · 0.m;   e = 31: infinity or NaN
 *
 * Rounding is to the nearest, and to the even one of two that are equally near. What is beyond the largest half becomes
 * the largest half, since shaders may assume that there are no infinities. JavaScript and WGSL below do the same in
 * integers: WGSL leaves the rounding of its own conversions to the GPU.
 */

export const LARGEST_HALF = 65_504;

const word = new DataView(new ArrayBuffer(4));

/** The 16 bits of the half that is nearest. NaN stays NaN. */
export function halfBits(value: number): number {
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7bff; // from 65,520 on, halfway to what would be the next
  if (magnitude >= 0x38800000) {
    // from 2^-14 on: another bias of the exponent, and 13 bits fewer
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // below 2^-25
  const shift = 126 - (magnitude >>> 23); // 14 to 24: the fraction in units of 2^-24
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const kept = fraction >>> shift;
  const lost = fraction & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (kept + (lost > tie || (lost === tie && (kept & 1) === 1) ? 1 : 0));
}

/** The number that the half nearest to it stands for. */
export function roundToHalf(value: number): number {
  return halfValues()[halfBits(value)]!;
}

let table: Float32Array | undefined;

/** All 65,536 numbers that f16 knows, by their bits. */
export function halfValues(): Float32Array {
  return (table ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = (half & 1023) / 1024;
    if (exponent === 0) return sign * 2 ** -14 * fraction;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * 2 ** (exponent - 15) * (1 + fraction);
  }));
}

/** WGSL: `halfBits` on the bits of an f32, and back. */
export const halfConversions = /* wgsl */ `
fn halfBits(bits: u32) -> u32 {
  let sign = (bits >> 16) & 0x8000;
  let magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) { return sign | 0x7e00; }
  if (magnitude >= 0x477ff000) { return sign | 0x7bff; }
  if (magnitude >= 0x38800000) { return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13); }
  if (magnitude < 0x33000000) { return sign; }
  let shift = 126 - (magnitude >> 23);
  let fraction = (magnitude & 0x7fffff) | 0x800000;
  let kept = fraction >> shift;
  let lost = fraction & ((1u << shift) - 1);
  let tie = 1u << (shift - 1);
  return sign | (kept + select(0u, 1u, lost > tie || (lost == tie && (kept & 1) == 1)));
}

fn halfToFloatBits(half: u32) -> u32 {
  let sign = (half & 0x8000) << 16;
  let exponent = (half >> 10) & 31;
  let fraction = half & 1023;
  if (exponent == 31) { return sign | 0x7f800000 | (fraction << 13); }
  if (exponent > 0) { return sign | ((exponent + 112) << 23) | (fraction << 13); }
  return sign | bitcast<u32>(f32(fraction) * 0x1p-24); // exact: 10 bits
}
`;
