/** Numbers, nested arrays, typed arrays and tensors: one view of them all. */
import type { Tensor } from "../tensor";

/** Numbers with a shape. */
export type Grid = { shape: number[]; data: ArrayLike<number> };

type TensorLike = Pick<Tensor, "data"> & { readonly shape: readonly number[] };

export function isTensor(value: unknown): value is TensorLike {
  const candidate = value as Partial<TensorLike> | null;
  return typeof candidate === "object" && Array.isArray(candidate?.shape) && typeof candidate.data === "function";
}

/** The shape without the numbers; undefined for what has none. Ragged lists throw. */
export function shapeOf(value: unknown): number[] | undefined {
  if (typeof value === "number") return [];
  if (isTensor(value) || isShapedData(value)) return [...value.shape];
  if (!isList(value)) return undefined;
  if (!value.length) return [0];
  const first = shapeOf(value[0]);
  if (!first) return undefined;
  for (let i = 1; i < value.length; i++) {
    const shape = shapeOf(value[i]);
    if (shape?.join() !== first.join()) {
      throw new RangeError(
        `rows differ: row 0 has shape ${showShape(first)}, row ${i} has ${shape ? showShape(shape) : describe(value[i])}`,
      );
    }
  }
  return [value.length, ...first];
}

/** The numbers of a list, of `{shape, data}` or of a tensor whose data has been read; undefined for what has none. */
export function gridOf(value: unknown): Grid | undefined {
  if (isShapedData(value)) return { shape: [...value.shape], data: value.data };
  const shape = shapeOf(value);
  if (!shape || isTensor(value)) return undefined;
  if (ArrayBuffer.isView(value)) return { shape, data: value as unknown as ArrayLike<number> };
  const data: number[] = [];
  const collect = (item: unknown) => {
    if (typeof item === "number") data.push(item);
    else for (const inner of item as ArrayLike<unknown> & Iterable<unknown>) collect(inner);
  };
  collect(value);
  return { shape, data };
}

/** Tensors anywhere at the top of a value, read. A value without any is returned at once, not in a promise. */
export function readTensors(value: unknown, signal?: AbortSignal): unknown {
  if (isTensor(value)) {
    const { shape } = value;
    return value.data(signal).then((data) => ({ shape: [...shape], data }));
  }
  if (Array.isArray(value) && value.length < 1000 && value.some(isTensor)) {
    return Promise.all(value.map((item) => readTensors(item, signal)));
  }
  return value;
}

function isShapedData(value: unknown): value is { shape: number[]; data: ArrayLike<number> } {
  const candidate = value as { shape?: unknown; data?: unknown } | null;
  return typeof candidate === "object" && Array.isArray(candidate?.shape) && isList(candidate.data);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

export const showShape = (shape: readonly number[]) => `[${shape.join(", ")}]`;

/** The place of a flat index, in words: "row 3", "row 3, column 5", "[1, 0, 7]". */
export function place(index: number, shape: readonly number[]): string {
  const at: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at.unshift(index % shape[axis]!);
    index = Math.floor(index / shape[axis]!);
  }
  if (at.length === 0) return "the value";
  if (at.length === 1) return `item ${at[0]}`;
  if (at.length === 2) return `row ${at[0]}, column ${at[1]}`;
  return `[${at.join(", ")}]`;
}

/** Short enough for a sentence. */
export function describe(value: unknown, limit = 80): string {
  const text = write(value);
  return text.length <= limit ? text : `${text.slice(0, limit - 2)} …`;
}

function write(value: unknown): string {
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `function ${value.name}`.trim();
  if (value === null || typeof value !== "object") return String(value);
  if (isTensor(value)) return `a tensor of shape ${showShape(value.shape)}`;
  if (isShapedData(value)) return `numbers of shape ${showShape(value.shape)}`;
  if (isList(value)) return `[${Array.from(value, write).join(", ")}]`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${write(item)}`);
  return entries.length ? `{ ${entries.join(", ")} }` : "{}";
}

/** Up to 6 digits that matter. */
export const number = (x: number) => (Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(6))));
