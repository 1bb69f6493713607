/** Reads the files of a folder, on this site or, in Node, on the disk. Loads what it needs when first called. */
export function openFolderLazily(address: string): (file: string) => Promise<Uint8Array> {
  return async (file) => (await import("../weights")).openFolder(address).read(file);
}
