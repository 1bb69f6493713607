/**
 * Reads a safetensors file: [header length, u64] [header, JSON] [data].
 *
 *     {"vit.layernorm.weight": {"dtype": "F16", "shape": [192], "data_offsets": [0, 384]}, "__metadata__": {...}, ...}
 *
 * The header is written by whoever made the file, so nothing in it is believed before it is checked: sizes agree with
 * shapes, and the weights lie side by side and fill the data exactly: no overlap, no gap, nothing after the end.
 * Time and memory are bounded by the header's length, which is bounded too.
 *
 * Source: https://github.com/huggingface/safetensors, README "Format" and `safetensors/src/tensor.rs`.
 * Stricter than that: 4 MB of header instead of 100. Leaves out: writing, and types smaller than a byte.
 */
import { parseJson, show } from "./bounded-json";

/** Bytes of one number of each type. */
const bytesPer = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const;

export type Dtype = keyof typeof bytesPer;

/** Where a weight is in its file. */
export type StoredTensor = {
  /** Its name in the file: `vit.encoder.layer.0.layernorm_before.weight`. */
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** Bytes from the start of the file to its first number: not always a multiple of the number's size. */
  start: number;
  /** Bytes from the start of the file to just after its last number. */
  end: number;
};

const MAX_HEADER = 4 * 1024 * 1024; // bytes: about 30,000 weights
const MAX_AXES = 8;

/**
 * The weights of a whole file, in the order of the header.
 * @param name what errors call the file
 * @throws a sentence for anything that is not a whole and consistent safetensors file.
 */
export function parseSafetensors(file: Uint8Array, name: string): StoredTensor[] {
  const dataStart = headerEnd(file, name);
  if (dataStart > file.length) throw cutOffInHeader(dataStart, file.length, name);
  return parseHeader(file.subarray(0, dataStart), name, file.length);
}

/**
 * Where the header ends and the data start, in bytes from the start of the file.
 * @param start the first bytes of the file, at least 8
 */
export function headerEnd(start: Uint8Array, name: string): number {
  if (start.length < 8) throw new Error(`${name}: expected a safetensors file, got ${start.length} bytes`);
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length < 2 || length > MAX_HEADER) {
    throw new Error(
      `${name}: expected a safetensors header of 2 to ${MAX_HEADER} bytes, got ${length}: not a safetensors file, or damaged`,
    );
  }
  return 8 + length;
}

export function cutOffInHeader(dataStart: number, fileLength: number, name: string): Error {
  return new Error(
    `${name}: expected a header of ${dataStart - 8} bytes, got ${fileLength - 8}: the file is cut off, or not safetensors`,
  );
}

/**
 * The weights that a header names, in its order.
 * @param start the first `headerEnd` bytes of the file
 * @param fileLength bytes of the whole file, if they are known: they must be what the header says
 */
export function parseHeader(start: Uint8Array, name: string, fileLength?: number): StoredTensor[] {
  const header = parseJson(start.subarray(8), `${name}: header`, { maxDepth: 8 });
  if (!isObject(header)) throw new Error(`${name}: header: expected an object, got ${show(header)}`);
  const tensors = Object.entries(header)
    .filter(([key]) => key !== "__metadata__")
    .map(([key, entry]) => storedTensor(key, entry, start.length, name));
  const end = fillsWithoutGap(tensors, start.length, name);
  if (fileLength !== undefined && end !== fileLength) {
    const what = end > fileLength ? "the file is cut off" : "something follows the last weight";
    throw new Error(`${name}: expected ${end} bytes, as its header says, got ${fileLength}: ${what}`);
  }
  return tensors;
}

function storedTensor(key: string, entry: unknown, dataStart: number, name: string): StoredTensor {
  const fail = (what: string, expected: string, got: unknown): never => {
    throw new Error(`${name}: ${what} of ${show(key)}: expected ${expected}, got ${show(got)}`);
  };
  if (!isObject(entry)) return fail("entry", "an object with dtype, shape and data_offsets", entry);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(bytesPer, dtype)) {
    return fail("dtype", `one of ${Object.keys(bytesPer).join(", ")}`, dtype);
  }
  if (!isList(shape) || shape.length > MAX_AXES) {
    return fail("shape", `a list of at most ${MAX_AXES} whole numbers from 0`, shape);
  }
  if (!isList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    return fail("data_offsets", "[first byte, byte after the last]", offsets);
  }
  const [from, to] = offsets as [number, number];
  const bytes = shape.reduce((product, side) => product * side, bytesPer[dtype as Dtype]);
  if (bytes !== to - from) {
    return fail("data", `${bytes} bytes, which is ${dtype} of shape [${shape.join(", ")}]`, to - from);
  }
  return { name: key, dtype: dtype as Dtype, shape, start: dataStart + from, end: dataStart + to };
}

/** Checks that the weights lie side by side, and says where the last one ends. */
function fillsWithoutGap(tensors: StoredTensor[], dataStart: number, name: string): number {
  const inOrder = [...tensors].sort((a, b) => a.start - b.start || a.end - b.end);
  let end = dataStart;
  for (const tensor of inOrder) {
    if (tensor.start !== end) {
      const what = tensor.start < end ? "overlaps the weight before it" : "leaves a gap before it";
      throw new Error(
        `${name}: expected ${show(tensor.name)} to start at byte ${end - dataStart} of the data, ` +
          `got ${tensor.start - dataStart}: it ${what}`,
      );
    }
    end = tensor.end;
  }
  return end;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);
}
