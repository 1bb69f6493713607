/** Pixels of a decoded picture: what a decoder gives, what a scene draws, what a processor takes. */
export type Picture = {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** [height, width, 4]: red, green, blue, alpha, 0..255, in sRGB. Alpha is 255 everywhere: transparency is over white. */
  data: Uint8ClampedArray;
};
