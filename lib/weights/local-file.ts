/** Files that need no network: on the disk, in Node, and those that a reader picked. */
import type { FileHandle } from "node:fs/promises";
import { bytesOf, PIECE, type Piece } from "./pieces";
import type { RangedFile } from "./ranged-file";

/** @param handle a file that is open for reading; `close` closes it */
export async function openHandle(handle: FileHandle, name: string, signal?: AbortSignal): Promise<RangedFile> {
  const { size } = await handle.stat();
  return localFile(name, size, signal, {
    async read(start, target) {
      let at = 0;
      while (at < target.length) {
        const { bytesRead } = await handle.read(target, at, target.length - at, start + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return at;
    },
    close: () => handle.close(),
  });
}

export function openBlob(blob: Blob, name: string, signal?: AbortSignal): RangedFile {
  return localFile(name, blob.size, signal, {
    async read(start, target) {
      const bytes = new Uint8Array(await blob.slice(start, start + target.length).arrayBuffer());
      target.set(bytes);
      return bytes.length;
    },
    close: () => Promise.resolve(),
  });
}

type Source = {
  /** Fills the target from byte `start` of the file on, and says how many bytes there were. */
  read(start: number, target: Uint8Array): Promise<number>;
  close(): Promise<void>;
};

function localFile(name: string, length: number, signal: AbortSignal | undefined, source: Source): RangedFile {
  const fill = async (start: number, target: Uint8Array): Promise<Uint8Array> => {
    signal?.throwIfAborted();
    let got: number;
    try {
      got = await source.read(start, target);
    } catch (error) {
      throw new Error(`${name}: could not be read (${error instanceof Error ? error.message : String(error)})`);
    }
    if (got < target.length) {
      throw new Error(
        `${name}: expected ${length} bytes, got ${start + got}: the file became shorter while it was read`,
      );
    }
    return target;
  };
  return {
    name,
    length,
    head: (bytes) => fill(0, new Uint8Array(Math.min(bytes, length))),
    missing: () => Promise.resolve(0),
    async read(pieces, use, onBytes) {
      const buffer = new Uint8Array(Math.min(PIECE, bytesOf(pieces)));
      for (const piece of pieces) {
        await use(piece, await fill(piece.start, buffer.subarray(0, lengthOf(piece))));
        onBytes(lengthOf(piece));
      }
    },
    close: () => source.close(),
  };
}

function lengthOf({ start, end }: Piece): number {
  return end - start;
}
