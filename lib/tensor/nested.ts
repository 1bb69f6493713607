/** Numbers as nested arrays, the way a reader writes them: [[1, 2], [3, 4]] has shape [2, 2]. */
import { sizeOf, type Shape } from "./shape";

export type NestedArray = number | NestedArray[];

/** The numbers in order, and the shape. Ragged input is refused. */
export function flatten(what: string, nested: unknown): { values: Float32Array; shape: number[] } {
  const shape = shapeOfFirst(nested);
  const values = new Float32Array(sizeOf(shape));
  let filled = 0;
  const visit = (value: unknown, axis: number, path: string): void => {
    if (axis === shape.length) {
      if (typeof value !== "number") {
        throw new TypeError(`${what}: expected a number${path && ` at ${path}`}, got ${described(value)}`);
      }
      values[filled++] = value;
      return;
    }
    const expected = shape[axis]!;
    if (!isList(value) || value.length !== expected) {
      const got = isList(value) ? `${value.length} of them` : described(value);
      throw new TypeError(
        `${what}: expected ${expected} entries${path && ` at ${path}`}, like its neighbours, got ${got}`,
      );
    }
    for (let i = 0; i < expected; i++) visit(value[i], axis + 1, `${path}[${i}]`);
  };
  visit(nested, 0, "");
  return { values, shape };
}

/** The inverse of flatten. A shape of [] gives the number itself. */
export function nest(values: ArrayLike<number>, shape: Shape): NestedArray {
  let taken = 0;
  const build = (axis: number): NestedArray =>
    axis === shape.length ? values[taken++]! : Array.from({ length: shape[axis]! }, () => build(axis + 1));
  return build(0);
}

function shapeOfFirst(nested: unknown): number[] {
  const shape: number[] = [];
  for (let value = nested; isList(value); value = value[0]) shape.push(value.length);
  return shape;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function described(value: unknown): string {
  if (isList(value)) return `a list of ${value.length}`;
  return typeof value === "string" ? `"${value}"` : String(value);
}
