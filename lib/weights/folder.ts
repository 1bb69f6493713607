/**
 * A model's folder, wherever it is: under a URL, on the disk (in Node), or as files that the reader picked.
 */
import type * as NodeFileSystem from "node:fs/promises";
import { show } from "./bounded-json";
import { download, type DownloadOptions } from "./download";
import { openBlob, openHandle } from "./local-file";
import { MissingFile } from "./missing-file";
import type { RangedFile, RangedOptions } from "./ranged-file";
import { openRemoteFile } from "./remote-file";

export type Folder = {
  /** What errors call it: a URL or a path, ending in a slash; or "files/" for picked ones. */
  name: string;
  /** The bytes of a file in it. @throws MissingFile if there is none; a sentence if it cannot be had. */
  read(file: string, options?: DownloadOptions): Promise<Uint8Array>;
  /** A file in it to read parts of; `close` it in the end. @throws as `read`, at the latest when parts are read. */
  open(file: string, options?: RangedOptions): Promise<RangedFile>;
  /** The folder of this name that lies beside this one. @throws a sentence for picked files, which have none. */
  beside(name: string): Folder;
};

/**
 * @param address a URL (`https:`, `http:`, `file:`), a path of this site (`/models/x`), or, in Node, a path of this disk.
 *   What stands behind a `?` in a URL is sent with each of its files.
 */
export function openFolder(address: string): Folder {
  const [path, query = ""] = /^https?:/.test(address) ? split(address, "?") : [address];
  const name = path.endsWith("/") ? path : `${path}/`;
  const beside = (other: string) => openFolder(siblingOf(name, other) + query);
  const onDisk = name.startsWith("file:") || (!/^https?:/.test(name) && inNode() && typeof location === "undefined");
  if (onDisk) {
    return {
      name,
      read: (file, options) => readFromDisk(name, file, options),
      open: (file, options) => openOnDisk(name, file, options),
      beside,
    };
  }
  return {
    name,
    read: (file, options) => download(name + file + query, options),
    open: (file, options) => openRemoteFile(name + file + query, options),
    beside,
  };
}

/**
 * The files that a reader picked, one by one or as a folder: the one that is least deep counts for each name. A name with
 * folders in it (`stages/a.safetensors`) is looked for by these, and by its last part among files picked one by one.
 */
export function openFiles(picked: Iterable<File>): Folder {
  const files = [...picked];
  const depth = (file: File) => file.webkitRelativePath?.split("/").length ?? 0;
  const byName = new Map<string, File>();
  for (const file of files) {
    const other = byName.get(file.name);
    if (!other || depth(file) < depth(other)) byName.set(file.name, file);
  }
  const find = (name: string): File => {
    const below = (file: File) => name.includes("/") && file.webkitRelativePath?.endsWith(`/${name}`);
    const file = files.find(below) ?? byName.get(name.slice(name.lastIndexOf("/") + 1));
    if (file) return file;
    const names = [...byName.keys()];
    const got = names.length === 0 ? "none" : names.length <= 8 ? names.join(", ") : `${names.length} others`;
    throw new MissingFile(
      `files/${name}: expected it among the files that were picked, got ${got}; pick all files of the model's folder`,
    );
  };
  return {
    name: "files/",
    async read(name, { signal, maxLength, onProgress } = {}) {
      signal?.throwIfAborted();
      const file = find(name);
      checkLength(`files/${name}`, file.size, maxLength);
      const bytes = new Uint8Array(await file.arrayBuffer());
      onProgress?.(bytes.length, bytes.length);
      return bytes;
    },
    open: async (name, { signal } = {}) => Promise.resolve(openBlob(find(name), `files/${name}`, signal)),
    beside(model) {
      throw new Error(
        `files/: expected a model whose weights lie in one folder, got a stage that shares those of ${show(model)}; load it by its address`,
      );
    },
  };
}

async function readFromDisk(folder: string, file: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { signal, onProgress, maxLength } = options;
  signal?.throwIfAborted();
  const disk = await nodeFileSystem(folder + file);
  const path = pathOf(folder, file);
  let bytes: Uint8Array;
  try {
    checkLength(folder + file, (await disk.stat(path)).size, maxLength);
    const buffer = await disk.readFile(path, { signal });
    bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length); // not a Buffer: its slice() shares memory
  } catch (error) {
    signal?.throwIfAborted();
    throw whyNot(folder + file, error);
  }
  onProgress?.(bytes.length, bytes.length);
  return bytes;
}

async function openOnDisk(folder: string, file: string, { signal }: RangedOptions = {}): Promise<RangedFile> {
  signal?.throwIfAborted();
  const disk = await nodeFileSystem(folder + file);
  try {
    return await openHandle(await disk.open(pathOf(folder, file)), folder + file, signal);
  } catch (error) {
    throw whyNot(folder + file, error);
  }
}

function pathOf(folder: string, file: string): URL | string {
  return folder.startsWith("file:") ? new URL(folder + file) : folder + file;
}

function checkLength(name: string, length: number, maxLength: number | undefined): void {
  if (maxLength !== undefined && length > maxLength) {
    throw new Error(`${name}: expected a file of at most ${maxLength} bytes, got ${length}`);
  }
}

function whyNot(name: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined && error instanceof Error) return error;
  const sentence = `${name}: expected a file, got ${code ?? String(error)}`;
  return code === "ENOENT" ? new MissingFile(sentence) : new Error(sentence);
}

/** Never on another host; without ".." if it can be, so that a file is kept under one address, whichever model asks for it. */
function siblingOf(folder: string, name: string): string {
  if (/^(https?|file):/.test(folder)) return new URL(`../${name}/`, folder).href;
  const named = /^(.*[/\\])?[^/\\]*[^/\\.][^/\\]*[/\\]$/.exec(folder);
  return named ? `${named[1] ?? ""}${name}/` : `${folder}../${name}/`;
}

function split(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ""] : [text.slice(0, i), text.slice(i)];
}

function inNode(): boolean {
  return typeof process !== "undefined" && Boolean(process.versions?.node);
}

/** Named by a variable, so that no bundler looks for Node's modules when it builds for a browser. */
function nodeFileSystem(name: string): Promise<typeof NodeFileSystem> {
  if (!inNode()) {
    throw new Error(
      `${name}: expected an address that starts with https:, got a file of a disk, which a page cannot read`,
    );
  }
  const module = "node:fs/promises";
  return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ module) as Promise<
    typeof NodeFileSystem
  >;
}
