/**
 * Stored numbers as f32: what the executors are held against, and what goldens are read with.
 *
 *     f16  s eeeee mmmmmmmmmm:  (-1)^s * 2^(e - 15) * 1.m;   e = 0: (-1)^s * 2^-14 * 0.m;   e = 31: infinity or NaN
 *     bf16 is the upper half of an f32.
 *
 * All three are exact. Numbers are stored lowest byte first, which is also how every machine with WebGPU keeps them.
 */
import type { StoredTensor } from "../lib/weights";

/** The numbers of one weight. @throws for a type that is not a float of 16 or 32 bits. */
export function toFloat32(file: Uint8Array, tensor: StoredTensor): Float32Array<ArrayBuffer> {
  const { start, end, dtype } = tensor;
  const bytes = file.slice(start, end); // at any address: copied
  if (dtype === "F32") return new Float32Array(bytes.buffer);
  if (dtype !== "F16" && dtype !== "BF16") {
    throw new Error(`tests: ${tensor.name}: expected F32, F16 or BF16, got ${dtype}`);
  }
  const halves = new Uint16Array(bytes.buffer);
  const values = new Float32Array(halves.length);
  if (dtype === "BF16") fromBfloat16(halves, values);
  else fromFloat16(halves, values);
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
