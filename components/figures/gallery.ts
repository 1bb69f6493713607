/** Pictures side by side, each with a title and a line of text: the same scene in several styles, several models on one picture. */
import { element } from "../ui/element";
import { frame } from "./frame";
import { paint, type Picture } from "../ui/paint";
import { asPicture, type PixelValues } from "./picture";

export type GalleryItem = {
  /** Left out where there is nothing to show; then the text says why. */
  picture?: Picture | PixelValues;
  title: string;
  text?: string;
  /** Draws the eye to this one: the style that the model never saw, the patch that changed. */
  marked?: boolean;
};

/** @param options.caption a sentence below; the titles and texts of the pictures are words already */
export function gallery(items: readonly GalleryItem[], options: { caption?: string } = {}): HTMLElement {
  const cards = items.map(({ picture, title, text, marked }) => {
    const canvas = picture && paint(asPicture(picture));
    canvas?.setAttribute("aria-hidden", "true");
    return element(
      "li",
      { class: marked ? "fig-marked" : undefined },
      canvas ?? element("div", { class: "fig-nothing" }),
      element("b", {}, title),
      text === undefined ? undefined : element("span", {}, text),
    );
  });
  return frame("gallery", [element("ul", { class: "fig-cards" }, ...cards)], options.caption ?? "");
}
