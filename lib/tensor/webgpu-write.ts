/**
 * Stored numbers straight to the GPU: a piece of the file as it is goes into a staging buffer, and a kernel makes numbers
 * of it there. Numbers that are stored as they are kept skip the kernel.
 *
 * At most a few pieces are under way, whatever the size of a model: the queue copies what it is given, and would pile it
 * up when the file comes faster than the GPU works.
 */
import type { Device, GpuArray } from "../gpu";
import { storedTypes, storeFloats, storeHalves } from "../kernels";
import type { StoredType } from "./executor";
import { checkWrite } from "./parts";

const PIECE_BYTES = 4 * 2 ** 20;
const MAX_UNDER_WAY = 3;

/** How much is written before the GPU is asked whether it is done: many small weights need not wait one by one. */
const ASK_AFTER_BYTES = 2 ** 20;

/** Pieces no larger than this get a staging buffer of their own size, so that small weights do not cost 4 MB. */
const SMALL_BYTES = 64 * 2 ** 10;

export function createWrite(device: Device) {
  const pieceBytes = Math.min(PIECE_BYTES, Math.floor(device.maxBindingBytes / 4) * 4); // a piece is bound, too
  const underWay = new Set<Promise<void>>();
  let unasked = 0; // bytes

  async function room(): Promise<void> {
    while (underWay.size >= MAX_UNDER_WAY) await Promise.race(underWay);
  }

  function started(bytes: number): void {
    unasked += bytes;
    if (unasked < ASK_AFTER_BYTES) return;
    unasked = 0;
    const done = device.idle().finally(() => underWay.delete(done));
    done.catch(() => undefined); // told by the next read or write
    underWay.add(done);
  }

  return async function write(array: GpuArray, at: number, bytes: Uint8Array, from: StoredType): Promise<void> {
    const size = from === "F32" ? 4 : 2;
    checkWrite(array, at, bytes, size);
    if (array.madeIn) {
      device.flush();
      const problem = await array.madeIn.outcome; // such as no memory for it
      if (problem) throw new Error(problem);
    }
    for (let done = 0; done < bytes.byteLength; done += pieceBytes) {
      await room();
      if (array.freed) throw new Error("write: expected a live storage, got one that was already freed");
      const piece = bytes.subarray(done, done + pieceBytes);
      writePiece(device, array, at + done / size, piece, from);
      started(piece.byteLength);
    }
  };
}

function writePiece(device: Device, array: GpuArray, at: number, bytes: Uint8Array, from: StoredType): void {
  if (array.dtype === "f32" && from === "F32") return device.write(array, at * 4, bytes);
  if (array.dtype === "f16" && from === "F16" && at % 2 === 0) {
    // A last half that shares its word with a number that is not ours goes by the kernel, which keeps that one.
    const count = bytes.byteLength / 2;
    const alone = count % 2 === 0 || at + count === array.length ? count : count - 1;
    device.write(array, at * 2, bytes.subarray(0, alone * 2));
    if (alone < count) convert(device, array, at + alone, bytes.subarray(alone * 2), from);
    return;
  }
  convert(device, array, at, bytes, from);
}

function convert(device: Device, array: GpuArray, at: number, bytes: Uint8Array, from: StoredType): void {
  const staged = device.stage(
    bytes,
    bytes.byteLength > SMALL_BYTES ? Math.min(PIECE_BYTES, device.maxBindingBytes) : 0,
  );
  const shape = { stored: storedTypes[from], at, count: bytes.byteLength / (from === "F32" ? 4 : 2) };
  device.runInto(array.dtype === "f16" ? storeHalves : storeFloats, [staged], [array], shape);
  device.free(staged);
}
