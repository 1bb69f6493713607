import type { Reference } from "../gpu";

export type CopyIntoShape = { outer: number; length: number; room: number; first: number };

/** What `copyInto` does, in plain loops. */
export const copyIntoReference: Reference<CopyIntoShape> = function* ([x], { outer, length, room, first }, [y] = []) {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < length; i++) {
      y![o * room + first + i] = x![o * length + i]!;
      if (i % 65_536 === 65_535) yield;
    }
    yield;
  }
  return [];
};
