/** Matrices as the figures accept them: nested arrays, or flat numbers with a shape. */
export type Matrix =
  | ArrayLike<ArrayLike<number>>
  | { shape: readonly number[]; probs: ArrayLike<number> }
  | { shape: readonly number[]; data: ArrayLike<number> };

/** rows × columns, flat, row by row. Leading dimensions of 1 are dropped: [1, 1, 65, 65] is a matrix of [65, 65]. */
export function matrix(value: Matrix): { rows: number; columns: number; values: ArrayLike<number> } {
  if ("shape" in value) {
    const values = "probs" in value ? value.probs : value.data;
    if (typeof values === "function")
      throw new TypeError("figures: expected numbers, got a tensor; pass { shape: t.shape, data: await t.data() }");
    const shape = [...value.shape];
    while (shape.length > 2 && shape[0] === 1) shape.shift();
    const [rows, columns] = shape;
    if (shape.length !== 2 || rows === undefined || columns === undefined || rows * columns !== values.length)
      throw new RangeError(
        `figures: expected a matrix, got shape [${value.shape.join(", ")}] with ${values.length} numbers`,
      );
    return { rows, columns, values };
  }
  const rows = value.length;
  const columns = value[0]?.length ?? 0;
  const values = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const row = value[r]!;
    if (row.length !== columns)
      throw new RangeError(`figures: expected rows of ${columns} numbers, got ${row.length} in row ${r}`);
    for (let c = 0; c < columns; c++) values[r * columns + c] = row[c]!;
  }
  return { rows, columns, values };
}

/** Row r of a flat matrix. */
export function row({ columns, values }: { columns: number; values: ArrayLike<number> }, r: number): number[] {
  return Array.from({ length: columns }, (_, c) => values[r * columns + c]!);
}
