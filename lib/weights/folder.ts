/**
 * A model's folder, wherever it is: under a URL, or, in Node, on the disk.
 */
import type * as NodeFileSystem from "node:fs/promises";
import { download, type DownloadOptions } from "./download";

export type Folder = {
  /** What errors call it: a URL or a path, ending in a slash. */
  name: string;
  /** The bytes of a file in it. @throws a sentence if it cannot be had. */
  read(file: string, options?: DownloadOptions): Promise<Uint8Array>;
};

/**
 * @param address a URL (`https:`, `http:`, `file:`), a path of this site (`/models/x`), or, in Node, a path of this disk.
 */
export function openFolder(address: string): Folder {
  const name = address.endsWith("/") ? address : `${address}/`;
  const onDisk = name.startsWith("file:") || (!/^https?:/.test(name) && inNode() && typeof location === "undefined");
  return {
    name,
    read: (file, options) => (onDisk ? readFromDisk(name, file, options) : download(name + file, options)),
  };
}

async function readFromDisk(folder: string, file: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { signal, onProgress, maxLength } = options;
  signal?.throwIfAborted();
  if (!inNode()) {
    throw new Error(
      `${folder}${file}: expected an address that starts with https:, got a file of a disk, which a page cannot read`,
    );
  }
  const path = folder.startsWith("file:") ? new URL(folder + file) : folder + file;
  const disk = await nodeFileSystem();
  let bytes: Uint8Array;
  try {
    const buffer = await disk.readFile(path, { signal });
    bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length); // not a Buffer: its slice() shares memory
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(`${folder}${file}: expected a file, got ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  if (maxLength !== undefined && bytes.length > maxLength) {
    throw new Error(`${folder}${file}: expected a file of at most ${maxLength} bytes, got ${bytes.length}`);
  }
  onProgress?.(bytes.length, bytes.length);
  return bytes;
}

function inNode(): boolean {
  return typeof process !== "undefined" && Boolean(process.versions?.node);
}

/** Named by a variable, so that no bundler looks for Node's modules when it builds for a browser. */
function nodeFileSystem(): Promise<typeof NodeFileSystem> {
  const module = "node:fs/promises";
  return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ module) as Promise<
    typeof NodeFileSystem
  >;
}
