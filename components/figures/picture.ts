/** A picture, pixel by pixel. */
import { frame } from "./frame";
import { paint, type Picture } from "../ui/paint";
import { element } from "../ui/element";

/**
 * @param options.scale CSS pixels per picture pixel; the figure never becomes wider than its column
 * @param options.label what the picture shows, if that is known
 */
export function picture(value: Picture, options: { scale?: number; label?: string } = {}): HTMLElement {
  const { scale = 2, label } = options;
  const canvas = paint(value);
  canvas.setAttribute("aria-hidden", "true");
  const stage = element("div", { class: "fig-stage", style: `width: ${value.width * scale}px` }, canvas);
  return frame("picture", [stage], describePicture(value, label));
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
