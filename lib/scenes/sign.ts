/** Signs: a board with a printed word or number, in a pixel font of our own (5 × 7 dots a character). */
import { shapeColours, type ColourName, type Rgb } from "./scene";
import type { Sampler } from "./stamp";

const COLUMNS = 5;
const ROWS = 7;

/** Seven rows of five dots for each character, a row as a number from 0 to 31, its leftmost dot the largest bit. */
const font: Record<string, readonly number[]> = {
  A: [14, 17, 17, 31, 17, 17, 17],
  B: [30, 17, 17, 30, 17, 17, 30],
  C: [14, 17, 16, 16, 16, 17, 14],
  D: [30, 17, 17, 17, 17, 17, 30],
  E: [31, 16, 16, 30, 16, 16, 31],
  F: [31, 16, 16, 30, 16, 16, 16],
  G: [14, 17, 16, 23, 17, 17, 15],
  H: [17, 17, 17, 31, 17, 17, 17],
  I: [14, 4, 4, 4, 4, 4, 14],
  J: [7, 2, 2, 2, 2, 18, 12],
  K: [17, 18, 20, 24, 20, 18, 17],
  L: [16, 16, 16, 16, 16, 16, 31],
  M: [17, 27, 21, 21, 17, 17, 17],
  N: [17, 25, 21, 19, 17, 17, 17],
  O: [14, 17, 17, 17, 17, 17, 14],
  P: [30, 17, 17, 30, 16, 16, 16],
  Q: [14, 17, 17, 17, 21, 18, 13],
  R: [30, 17, 17, 30, 20, 18, 17],
  S: [15, 16, 16, 14, 1, 1, 30],
  T: [31, 4, 4, 4, 4, 4, 4],
  U: [17, 17, 17, 17, 17, 17, 14],
  V: [17, 17, 17, 17, 17, 10, 4],
  W: [17, 17, 17, 21, 21, 27, 17],
  X: [17, 17, 10, 4, 10, 17, 17],
  Y: [17, 17, 10, 4, 4, 4, 4],
  Z: [31, 1, 2, 4, 8, 16, 31],
  "0": [14, 17, 19, 21, 25, 17, 14],
  "1": [4, 12, 4, 4, 4, 4, 14],
  "2": [14, 17, 1, 6, 8, 16, 31],
  "3": [31, 2, 4, 6, 1, 17, 14],
  "4": [2, 6, 10, 18, 31, 2, 2],
  "5": [31, 16, 30, 1, 1, 17, 14],
  "6": [6, 8, 16, 30, 17, 17, 14],
  "7": [31, 1, 2, 4, 8, 8, 8],
  "8": [14, 17, 17, 14, 17, 17, 14],
  "9": [14, 17, 17, 15, 1, 2, 12],
};

/** The longest text that a sign of a scene's width can show so that its strokes are still pixels. */
export const LONGEST_SIGN = 8;

/** Throws a sentence if the text is empty, too long, or has a character that the font lacks. */
export function signSampler(text: string, board: ColourName): Sampler {
  const characters = [...text.toUpperCase()];
  if (characters.length === 0 || characters.length > LONGEST_SIGN || characters.some((c) => !font[c])) {
    throw new Error(`sign: expected 1 to ${LONGEST_SIGN} letters A to Z or digits, got ${JSON.stringify(text)}`);
  }
  const dots = characters.length * (COLUMNS + 1) + 3; // one dot between characters, two of board on either side
  const tall = ROWS + 4;
  const paint = shapeColours[board];
  const dark = paint[0] * 3 + paint[1] * 6 + paint[2] < 1400;
  const print: Rgb = dark ? shapeColours.white : shapeColours.black;

  return (u, v, into) => {
    const x = (u + 0.5) * dots;
    const y = v * dots + tall / 2;
    if (x < 0 || y < 0 || x >= dots || y >= tall) return;
    const colour = isPrinted(Math.floor(x) - 2, Math.floor(y) - 2) || isRim(x, y) ? print : paint;
    for (let c = 0; c < 3; c++) into[c]! += colour[c]!;
    into[3]! += 255;
  };

  function isRim(x: number, y: number): boolean {
    return Math.min(x, y, dots - x, tall - y) < 0.6;
  }

  function isPrinted(column: number, row: number): boolean {
    const glyph = font[characters[Math.floor(column / (COLUMNS + 1))] ?? ""];
    const within = column % (COLUMNS + 1);
    if (!glyph || column < 0 || row < 0 || row >= ROWS || within >= COLUMNS) return false;
    return ((glyph[row]! >> (COLUMNS - 1 - within)) & 1) === 1;
  }
}
