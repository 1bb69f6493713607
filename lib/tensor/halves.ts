/** Conversions between stored numbers, f32 and halves in JavaScript, in pieces with pauses between them. */
import { halfBits, halfValues } from "../kernels";
import type { StoredType } from "./executor";
import type { Pause } from "./pauses";

/** Numbers converted between two looks at the clock: about a millisecond. */
const PIECE = 1 << 16;

/** The numbers that halves stand for. */
export async function widened(halves: Uint16Array, pause: Pause): Promise<Float32Array> {
  const values = new Float32Array(halves.length);
  const known = halfValues();
  for (let at = 0; at < halves.length; at += PIECE) {
    const end = Math.min(at + PIECE, halves.length);
    for (let i = at; i < end; i++) values[i] = known[halves[i]!]!;
    await pause();
  }
  return values;
}

/** Stored numbers into f32 or halves, from number `at` of the target on. */
export async function convertInto(
  target: Float32Array | Uint16Array,
  at: number,
  bytes: Uint8Array,
  from: StoredType,
  pause: Pause,
): Promise<void> {
  const size = from === "F32" ? 4 : 2;
  for (let start = 0; start < bytes.byteLength; start += PIECE * size) {
    const piece = bytes.slice(start, start + PIECE * size); // its own buffer, so that it starts at a whole number
    const stored = from === "F32" ? new Float32Array(piece.buffer) : new Uint16Array(piece.buffer);
    convertPiece(target, at + start / size, stored, from);
    await pause();
  }
}

function convertPiece(
  target: Float32Array | Uint16Array,
  at: number,
  stored: Float32Array | Uint16Array,
  from: StoredType,
) {
  const sameForm = from === (target instanceof Float32Array ? "F32" : "F16");
  if (sameForm) return target.set(stored, at);
  const values = from === "F32" ? stored : from === "BF16" ? fromBfloat16(stored) : stored;
  if (target instanceof Float32Array) {
    const known = halfValues();
    if (from === "F16") for (let i = 0; i < values.length; i++) target[at + i] = known[values[i]!]!;
    else target.set(values, at);
  } else {
    for (let i = 0; i < values.length; i++) target[at + i] = halfBits(values[i]!);
  }
}

/** bf16 is the upper half of an f32. */
function fromBfloat16(stored: ArrayLike<number>): Float32Array {
  const bits = Uint32Array.from(stored, (upper) => (upper << 16) >>> 0);
  return new Float32Array(bits.buffer);
}
