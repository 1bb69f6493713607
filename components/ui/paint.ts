/** From pixels to a canvas. The canvas has exactly the picture's pixels; style sheets make it larger. */
import { element } from "./element";

/** RGBA, 4 bytes a pixel, rows from the top: the same type as in lib/images and lib/scenes. */
export type Picture = { width: number; height: number; data: Uint8ClampedArray };

export function paint(picture: Picture, canvas: HTMLCanvasElement = element("canvas")): HTMLCanvasElement {
  const { width, height, data } = checkedPicture(picture);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true }); // null where there is no canvas (tests without a browser)
  if (context) {
    const pixels = context.createImageData(width, height);
    pixels.data.set(data);
    context.putImageData(pixels, 0, 0);
  }
  return canvas;
}

/**
 * A picture as a PNG in a data: address, for where there are dozens of small ones. The browser makes a layer of each
 * canvas, and goes through all of them in every frame; what has an address is painted with the page.
 *
 * @param width in pixels [as it is]; the height follows
 * @returns undefined where there is no canvas
 */
export function pictureUrl(picture: Picture, width = picture.width): string | undefined {
  const own = paint(picture);
  if (width === own.width) return own.getContext("2d") ? own.toDataURL() : undefined;
  const scaled = element("canvas", { width, height: Math.round((width * own.height) / own.width) });
  const context = scaled.getContext("2d", { willReadFrequently: true });
  if (!context) return undefined;
  context.imageSmoothingQuality = "high";
  context.drawImage(own, 0, 0, scaled.width, scaled.height);
  return scaled.toDataURL();
}

/** A rectangle cut out of a picture, in pixels; it must lie within the picture. */
export function crop(picture: Picture, left: number, top: number, width: number, height: number): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * picture.width + left) * 4;
    data.set(picture.data.subarray(start, start + width * 4), y * width * 4);
  }
  return { width, height, data };
}

export function checkedPicture(picture: Picture): Picture {
  if (!picture?.data || !(picture.width > 0) || !(picture.height > 0))
    throw new TypeError("figures: expected a picture ({ width, height, data }), got something else");
  const expected = picture.width * picture.height * 4;
  if (picture.data.length !== expected)
    throw new RangeError(
      `figures: expected ${expected} bytes for a picture of ${picture.width}×${picture.height}, got ${picture.data.length}`,
    );
  return picture;
}
