/**
 * How a file is cut into pieces: each holds whole numbers of the weights that are wanted, and no others. A large weight
 * is several pieces; small ones that lie side by side share one.
 */
import type { StoredTensor } from "./safetensors";

/** Bytes of a piece at most: a multiple of every number's size, and of what a device writes at once. */
export const PIECE = 2 * 1024 * 1024;

export type Piece = {
  /** Bytes from the start of the file. */
  start: number;
  end: number;
  parts: Part[];
};

/** A part of one weight, in bytes from the start of the file. */
export type Part = { tensor: StoredTensor; start: number; end: number };

/** The pieces of these weights, in the file's order. */
export function cut(tensors: readonly StoredTensor[]): Piece[] {
  const pieces: Piece[] = [];
  for (const tensor of [...tensors].sort((a, b) => a.start - b.start)) {
    for (let start = tensor.start; start < tensor.end; start += PIECE) {
      const part = { tensor, start, end: Math.min(start + PIECE, tensor.end) };
      const last = pieces.at(-1);
      if (last?.end === part.start && part.end - last.start <= PIECE) {
        last.parts.push(part);
        last.end = part.end;
      } else pieces.push({ start: part.start, end: part.end, parts: [part] });
    }
  }
  return pieces;
}

/** Bytes that are cheaper to download and drop than to ask for what follows in a request of its own. */
const GAP = 16 * 1024;
/** Bytes of a request at most, so that several of them can run side by side. */
const REQUEST = 16 * 1024 * 1024;

/** Pieces that one request brings: neighbours, up to a length. `whole` is for a server that only sends whole files. */
export function requests(pieces: readonly Piece[], whole: boolean): Piece[][] {
  const runs: Piece[][] = [];
  for (const piece of pieces) {
    const run = runs.at(-1);
    const near = run && piece.start - run.at(-1)!.end <= GAP && piece.end - run[0]!.start <= REQUEST;
    if (run && (whole || near)) run.push(piece);
    else runs.push([piece]);
  }
  return runs;
}

export function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { start, end }) => sum + end - start, 0);
}
