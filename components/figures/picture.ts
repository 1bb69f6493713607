/** A picture, pixel by pixel. */
import { element } from "../ui/element";
import { paint, type Picture } from "../ui/paint";
import { frame } from "./frame";

/** What a model gets: [C, H, W] or [1, C, H, W] numbers, normalised with a mean and a standard deviation of 0.5. */
export type PixelValues = { shape: readonly number[]; data: ArrayLike<number> };

/**
 * @param options.scale CSS pixels per picture pixel; the figure never becomes wider than its column
 * @param options.label what the picture shows, if that is known
 */
export function picture(value: Picture | PixelValues, options: { scale?: number; label?: string } = {}): HTMLElement {
  const { scale = 2, label } = options;
  const pixels = asPicture(value);
  const canvas = paint(pixels);
  canvas.setAttribute("aria-hidden", "true");
  const stage = element("div", { class: "fig-stage", style: `width: ${pixels.width * scale}px` }, canvas);
  return frame("picture", [stage], describePicture(pixels, label));
}

/** Pixel values made visible again: -1 becomes 0, 1 becomes 255. */
export function asPicture(value: Picture | PixelValues): Picture {
  if (!value || !("shape" in value)) return value; // paint() says what is wrong with it
  const [C, height, width] = value.shape.slice(-3) as [number, number, number];
  if (C !== 3 || value.data.length !== 3 * height * width)
    throw new RangeError(
      `picture: expected pixel values [3, H, W] of one picture, got [${value.shape.join(", ")}] with ${value.data.length} numbers`,
    );
  const size = height * width;
  const data = new Uint8ClampedArray(size * 4).fill(255); // opaque
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < size; i++) data[i * 4 + c] = (value.data[c * size + i]! * 0.5 + 0.5) * 255;
  return { width, height, data };
}

export function describePicture({ width, height, data }: Picture, label?: string): string {
  const mean = [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let i = channel; i < data.length; i += 4) sum += data[i]!;
    return Math.round(sum / (data.length / 4));
  });
  const what = label ? `${label[0]!.toUpperCase()}${label.slice(1)}: ` : "";
  return `${what}${width}×${height} pixels; their mean is red ${mean[0]}, green ${mean[1]}, blue ${mean[2]} (each from 0 to 255).`;
}
