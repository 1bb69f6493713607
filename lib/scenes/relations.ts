/** How two items lie, where there is no doubt. Pixels of the 128 × 128 picture, between boxes on the picture. */
import type { Seen } from "./facts";

export type Direction = "left" | "right" | "above" | "below";

export const directionWords: Readonly<Record<Direction, string>> = {
  left: "left of",
  right: "right of",
  above: "above",
  below: "below",
};

export const opposite: Readonly<Record<Direction, Direction>> = {
  left: "right",
  right: "left",
  above: "below",
  below: "above",
};

export const relationMargins = {
  /** One lies left of another: the middles are at least this far apart across … */
  apart: 14,
  /** … and at least this many times as far across as they are up or down … */
  dominance: 1.7,
  /** … and the boxes share at most this part of the narrower one's width. */
  overlap: 0.3,
  /** Surely not left of another: its middle is to the right by this much, or within this much and it lies above or below. */
  level: 6,
  /** Next to each other: left or right, and between the boxes are at most this many pixels. */
  near: 12,
  /** Surely not next to each other: at least this many pixels between the boxes. */
  far: 34,
  /** Larger: the box's area is this many times the other's … */
  area: 1.7,
  /** … and its longer side. */
  side: 1.25,
};

const m = relationMargins;

/** Where `a` lies, seen from `b`; undefined if somebody could say it differently. */
export function direction(a: Seen, b: Seen): Direction | undefined {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  const across = Math.abs(dx) >= m.apart && Math.abs(dx) >= m.dominance * Math.abs(dy);
  const upright = Math.abs(dy) >= m.apart && Math.abs(dy) >= m.dominance * Math.abs(dx);
  if (across && overlapX(a, b) <= m.overlap) return dx < 0 ? "left" : "right";
  if (upright && overlapY(a, b) <= m.overlap) return dy < 0 ? "above" : "below";
  return undefined;
}

/** Whether nobody would say that `a` lies in this direction from `b`. */
export function surelyNot(way: Direction, a: Seen, b: Seen): boolean {
  const found = direction(a, b);
  if (found === opposite[way]) return true;
  const along = way === "left" ? b.x - a.x : way === "right" ? a.x - b.x : way === "above" ? b.y - a.y : a.y - b.y;
  if (along <= -m.level) return true;
  return found !== undefined && found !== way && along <= m.level;
}

/** Pixels between two boxes; 0 if they touch. */
export function gap(a: Seen, b: Seen): number {
  const dx = Math.max(0, a.box.x - (b.box.x + b.box.width), b.box.x - (a.box.x + a.box.width));
  const dy = Math.max(0, a.box.y - (b.box.y + b.box.height), b.box.y - (a.box.y + a.box.height));
  return Math.sqrt(dx * dx + dy * dy);
}

/** Side by side and close; `false` only if clearly apart; undefined if somebody could say either. */
export function nextTo(a: Seen, b: Seen): boolean | undefined {
  const way = direction(a, b);
  if ((way === "left" || way === "right") && gap(a, b) <= m.near) return true;
  return gap(a, b) >= m.far ? false : undefined;
}

/** Whether `a` looks clearly larger than `b`. */
export function isLarger(a: Seen, b: Seen): boolean {
  const areas = (a.box.width * a.box.height) / (b.box.width * b.box.height);
  const sides = Math.max(a.box.width, a.box.height) / Math.max(b.box.width, b.box.height);
  return areas >= m.area && sides >= m.side;
}

const overlapX = (a: Seen, b: Seen) => part(a.box.x, a.box.width, b.box.x, b.box.width);
const overlapY = (a: Seen, b: Seen) => part(a.box.y, a.box.height, b.box.y, b.box.height);

/** The shared part of two spans, as a share of the shorter. */
function part(a: number, aLength: number, b: number, bLength: number): number {
  const both = Math.min(a + aLength, b + bLength) - Math.max(a, b);
  return Math.max(0, both) / Math.min(aLength, bLength);
}
