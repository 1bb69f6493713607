/** Safetensors files for tests: weights of given shapes whose numbers tell where they belong. */

/** The number at place i of the weight that is number n in its file. */
export function valueAt(n: number, i: number): number {
  return ((i * 7 + n * 1013) % 4001) - 2000;
}

export function valuesOf(n: number, shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => valueAt(n, i));
}

/** A file of f32 weights, in the order given. `change` may spoil the header. */
export function safetensorsFile(
  shapes: Record<string, readonly number[]>,
  { first = 0, padding = 0 }: { first?: number; padding?: number } = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  const values: Float32Array[] = [];
  let at = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const numbers = valuesOf(first + values.length, shape);
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + numbers.byteLength] };
    at += numbers.byteLength;
    values.push(numbers);
  }
  return withHeader(JSON.stringify(header) + " ".repeat(padding), values);
}

export function withHeader(header: string, values: readonly Float32Array[] = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = values.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const file = new Uint8Array(8 + text.length + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  let at = 8 + text.length;
  for (const numbers of values) {
    file.set(new Uint8Array(numbers.buffer), at);
    at += numbers.byteLength;
  }
  return file;
}
