/**
 * A short print of a scene's picture, to compare two engines without sending 64 KB: two 32-bit FNV-1a hashes (Fowler, Noll
 * and Vo) of the RGBA bytes, from different starts. It finds differences by accident, not on purpose.
 */
import type { Atlas } from "./atlas";
import { drawScene } from "./render";
import type { Picture, Scene } from "./scene";

/** 16 hexadecimal digits of a scene's pixels. */
export function scenePrint(scene: Scene, atlas: Atlas): string {
  return picturePrint(drawScene(scene, atlas));
}

/** 16 hexadecimal digits of a picture's pixels. */
export function picturePrint({ data }: Pick<Picture, "data">): string {
  return hex(fnv(data, 0x811c9dc5)) + hex(fnv(data, 0x01234567));
}

function fnv(bytes: ArrayLike<number>, start: number): number {
  let hash = start;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

const hex = (value: number) => value.toString(16).padStart(8, "0");
