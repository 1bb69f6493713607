/** The built atlas, for the tests of scenes. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadAtlas, type Atlas, type StyleName } from "../../lib/scenes";
import { buildAtlas } from "../../scripts/build-atlas";

export const sprites = fileURLToPath(new URL("../../public/sprites/", import.meta.url));

/** Builds what is out of date, and loads these styles; all by default. */
export async function builtAtlas(styles?: readonly StyleName[]): Promise<Atlas> {
  await buildAtlas();
  return loadAtlas((file) => readFile(path.join(sprites, file)), styles);
}
