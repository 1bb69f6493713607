/**
 * Arrays that are larger than one binding: an executor of plain arrays becomes one that keeps a large matrix in parts,
 * some whole rows in each. Operations that know of parts run once per part; all others refuse in a sentence.
 */
import type { Executor, NumberType, Storage } from "./executor";

export function withParts(executor: Executor): Executor {
  const { maxBindingBytes } = executor.features;

  function allocate(length: number, dtype: NumberType = "f32", rowLength?: number): Storage {
    if (bytesOf(length, dtype) <= maxBindingBytes || rowLength === undefined) return executor.allocate(length, dtype);
    const rows = Math.floor(maxBindingBytes / 4 / (rowLength / numbersPerWord(dtype)));
    if (rows < 1) {
      throw new RangeError(
        `allocate: expected rows of at most ${maxBindingBytes} bytes, the largest binding of this device, ` +
          `got ${bytesOf(rowLength, dtype)} in each; use a smaller model`,
      );
    }
    const parts: Storage[] = [];
    try {
      for (let at = 0; at < length; at += rows * rowLength) {
        parts.push(executor.allocate(Math.min(rows * rowLength, length - at), dtype));
      }
    } catch (error) {
      parts.forEach((part) => executor.free(part));
      throw error;
    }
    return { length, dtype, parts };
  }

  return {
    ...executor,
    allocate,

    async write(storage, at, bytes, from) {
      if (!storage.parts) return executor.write(storage, at, bytes, from);
      const size = from === "F32" ? 4 : 2;
      checkWrite(storage, at, bytes, size);
      let first = 0; // of the part
      for (const part of storage.parts) {
        const [start, end] = [Math.max(at, first), Math.min(at + bytes.byteLength / size, first + part.length)];
        if (start < end) {
          await executor.write(part, start - first, bytes.subarray((start - at) * size, (end - at) * size), from);
        }
        first += part.length;
      }
    },

    async read(storage, signal) {
      if (!storage.parts) return executor.read(storage, signal);
      const values = new Float32Array(storage.length);
      let first = 0;
      for (const part of storage.parts) {
        values.set(await executor.read(part, signal), first);
        first += part.length;
      }
      return values;
    },

    free(storage) {
      if (storage.parts) storage.parts.forEach((part) => executor.free(part));
      else executor.free(storage);
    },
  };
}

export function bytesOf(length: number, dtype: NumberType): number {
  return Math.ceil(length / numbersPerWord(dtype)) * 4;
}

/** Throws unless `bytes` holds whole numbers of `size` bytes that fit into the storage from `at` on. */
export function checkWrite(storage: Storage, at: number, bytes: Uint8Array, size: number): void {
  const count = bytes.byteLength / size;
  if (!Number.isInteger(count)) {
    throw new RangeError(`write: expected whole numbers of ${size} bytes each, got ${bytes.byteLength} bytes`);
  }
  if (!Number.isInteger(at) || at < 0 || at + count > storage.length) {
    throw new RangeError(
      `write: expected a part of ${storage.length} numbers, got ${count} of them from number ${at} on`,
    );
  }
}

function numbersPerWord(dtype: NumberType): number {
  return dtype === "f16" ? 2 : 1;
}
