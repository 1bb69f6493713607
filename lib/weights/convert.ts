/**
 * Stored numbers as f32.
 *
 *     f16  s eeeee mmmmmmmmmm:  (-1)^s * 2^(e - 15) * 1.m;   e = 0: (-1)^s * 2^-14 * 0.m;   e = 31: infinity or NaN
 *     bf16 is the upper half of an f32.
 *
 * All three are exact. Numbers are stored lowest byte first, which is also how every machine with WebGPU keeps them.
 * A long weight is converted in pieces, with a pause between them, so that the page stays alive.
 */
import { breath } from "./breath";
import type { StoredTensor } from "./safetensors";

/** Numbers converted between two looks at the clock: under 2 ms. */
const PIECE = 1 << 18;

/** The numbers of one weight. @throws for a type that is not a float of 16 or 32 bits. */
export async function toFloat32(
  file: Uint8Array,
  tensor: StoredTensor,
  pause = breath(),
): Promise<Float32Array<ArrayBuffer>> {
  const { start, end, dtype } = tensor;
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") {
    throw new Error(`weights: ${tensor.name}: expected F32, F16 or BF16, got ${dtype}`);
  }
  const size = dtype === "F32" ? 4 : 2;
  const values = new Float32Array((end - start) / size);
  for (let at = 0; at < values.length; at += PIECE) {
    const target = values.subarray(at, at + PIECE);
    const bytes = file.subarray(start + at * size, start + (at + target.length) * size); // at any address: copied first
    if (dtype === "F32") new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    else {
      const halves = new Uint16Array(target.length);
      new Uint8Array(halves.buffer).set(bytes);
      if (dtype === "BF16") fromBfloat16(halves, target);
      else fromFloat16(halves, target);
    }
    await pause();
  }
  return values;
}

function fromBfloat16(halves: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
}

function fromFloat16(halves: Uint16Array, target: Float32Array): void {
  const values = float16Values();
  for (let i = 0; i < halves.length; i++) target[i] = values[halves[i]!]!;
}

let table: Float32Array | undefined;

/** All 65,536 numbers that f16 knows. */
function float16Values(): Float32Array {
  return (table ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = (half & 1023) / 1024;
    if (exponent === 0) return sign * 2 ** -14 * fraction;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * 2 ** (exponent - 15) * (1 + fraction);
  }));
}
