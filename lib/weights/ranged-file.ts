import type { Piece } from "./pieces";

/** A file of which parts can be read, wherever it is: on a server, on a disk, or picked by the reader. */
export type RangedFile = {
  /** What errors call it: an address, a path or a name. */
  readonly name: string;
  /** Bytes, if they are known before the end. */
  readonly length: number | undefined;
  /** The first bytes: as many as asked for, or all if the file is shorter. */
  head(bytes: number): Promise<Uint8Array>;
  /** How many bytes of these pieces would have to be downloaded. */
  missing(pieces: readonly Piece[]): Promise<number>;
  /**
   * Gives the bytes of each piece to `use`, in any order, a few pieces at a time. They are overwritten as soon as the
   * promise of `use` is fulfilled.
   * @param onBytes how many more bytes of the pieces have arrived
   */
  read(pieces: readonly Piece[], use: UsePiece, onBytes: (bytes: number) => void): Promise<void>;
  /** Ends what is still open. */
  close(): Promise<void>;
};

export type UsePiece = (piece: Piece, bytes: Uint8Array) => Promise<void>;

export type RangedOptions = {
  signal?: AbortSignal;
  /** Told, once, what a reader should know: that nothing could be kept for the next visit. */
  onNote?: (note: string) => void;
  /** Milliseconds to wait before each further try after a cut. */
  delays?: readonly number[];
  /** Milliseconds without a byte after which a connection counts as cut. */
  patience?: number;
};
