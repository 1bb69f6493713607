/**
 * What `storeFloats` and `storeHalves` do, in plain loops. Their inputs and targets are bits: each target word comes as
 * the number that its 32 bits are as an unsigned integer.
 */
import type { Reference } from "../gpu";
import { halfBits, halfValues } from "./half";

export type StoreShape = { stored: number; at: number; count: number };

const view = new DataView(new ArrayBuffer(4));

export const storeFloatsReference: Reference<StoreShape> = function* ([words], { stored, at, count }, [y] = []) {
  for (let i = 0; i < count; i++) {
    y![at + i] = stored === 0 ? words![i]! : floatBits(storedValue(words!, stored, i));
    if (i % 4096 === 4095) yield;
  }
  return [];
};

export const storeHalvesReference: Reference<StoreShape> = function* ([words], { stored, at, count }, [y] = []) {
  for (let i = 0; i < count; i++) {
    const place = (at + i) >> 1;
    const half = stored === 1 ? shortAt(words!, i) : halfBits(storedValue(words!, stored, i));
    const pair = y![place]!;
    y![place] = ((at + i) % 2 === 0 ? (pair & 0xffff0000) | half : (pair & 0xffff) | (half << 16)) >>> 0;
    if (i % 4096 === 4095) yield;
  }
  return [];
};

function storedValue(words: ArrayLike<number>, stored: number, i: number): number {
  if (stored === 1) return halfValues()[shortAt(words, i)]!;
  view.setUint32(0, stored === 0 ? words[i]! : (shortAt(words, i) << 16) >>> 0);
  return view.getFloat32(0);
}

function shortAt(words: ArrayLike<number>, i: number): number {
  return (words[i >> 1]! >>> ((i % 2) * 16)) & 0xffff;
}

function floatBits(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}
