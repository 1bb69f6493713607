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
import { repeatedKey } from "./repeated-key";

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

/** How long the file is by its own account, in bytes, as soon as enough of its start is there; else undefined. */
export function safetensorsLength(start: Uint8Array, name: string): number | undefined {
  if (start.length < 8) return undefined;
  const dataStart = 8 + headerLength(start, name);
  if (start.length < dataStart) return undefined;
  return readHeader(start.subarray(0, dataStart), name).reduce((end, tensor) => Math.max(end, tensor.end), dataStart);
}

/**
 * The weights of a whole file, in the order of the header.
 * @param name what errors call the file
 * @throws a sentence for anything that is not a whole and consistent safetensors file.
 */
export function parseSafetensors(file: Uint8Array, name: string): StoredTensor[] {
  if (file.length < 8) throw new Error(`${name}: expected a safetensors file, got ${file.length} bytes`);
  const dataStart = 8 + headerLength(file, name);
  if (dataStart > file.length) {
    throw new Error(
      `${name}: expected a header of ${dataStart - 8} bytes, got ${file.length - 8}: the file is cut off, or not safetensors`,
    );
  }
  const tensors = readHeader(file.subarray(0, dataStart), name);
  const end = fillsWithoutGap(tensors, dataStart, name);
  if (end !== file.length) {
    const what = end > file.length ? "the file is cut off" : "something follows the last weight";
    throw new Error(`${name}: expected ${end} bytes, as its header says, got ${file.length}: ${what}`);
  }
  return tensors;
}

function headerLength(file: Uint8Array, name: string): number {
  const view = new DataView(file.buffer, file.byteOffset, 8);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length < 2 || length > MAX_HEADER) {
    throw new Error(
      `${name}: expected a safetensors header of 2 to ${MAX_HEADER} bytes, got ${length}: not a safetensors file, or damaged`,
    );
  }
  return length;
}

/** @param file the header's length and the header, no more */
function readHeader(file: Uint8Array, name: string): StoredTensor[] {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8));
    header = JSON.parse(text);
  } catch {
    throw new Error(`${name}: expected a header in JSON, got ${show(new TextDecoder().decode(file.subarray(8, 48)))}`);
  }
  if (!isObject(header)) throw new Error(`${name}: expected a header that is an object, got ${show(header)}`);
  const repeated = repeatedKey(text); // JSON.parse would silently keep the last
  if (repeated !== undefined) throw new Error(`${name}: expected each name once, got ${show(repeated)} twice`);
  return Object.entries(header)
    .filter(([key]) => key !== "__metadata__")
    .map(([key, entry]) => storedTensor(key, entry, file.length, name));
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

/** A value in an error message: short, whatever the file holds. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
