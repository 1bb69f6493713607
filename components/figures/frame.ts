/** What all figures share: something drawn, and below it the same in words. */
import { element } from "../ui/element";

/**
 * A figure with its text equivalent. The text is visible: it is for everybody, not only for those who cannot see the drawing.
 * What is drawn is hidden from assistive technology unless it can be operated; the caption says the same.
 */
export function frame(kind: string, drawn: Element[], text: string): HTMLElement {
  return element(
    "figure",
    { class: "fig", "data-figure": kind },
    element("div", { class: "fig-drawn" }, ...drawn),
    element("figcaption", { class: "fig-text" }, text),
  );
}
