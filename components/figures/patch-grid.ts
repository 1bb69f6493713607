import { checkedPicture, type Picture } from "../ui/paint";

/** The grid of square patches over a picture. Pixels that fill no whole patch are an error: a ViT has no half patches. */
export function patchGrid(picture: Picture, patchSize: number): { rows: number; columns: number; count: number } {
  const { width, height } = checkedPicture(picture);
  if (!Number.isInteger(patchSize) || patchSize < 1)
    throw new RangeError(`figures: expected patchSize to be a whole number of pixels, got ${patchSize}`);
  if (width % patchSize || height % patchSize)
    throw new RangeError(
      `figures: expected a picture whose sides are multiples of ${patchSize} pixels, got ${width}×${height}; resize it first`,
    );
  const rows = height / patchSize;
  const columns = width / patchSize;
  return { rows, columns, count: rows * columns };
}
