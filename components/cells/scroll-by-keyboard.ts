/** A box has a place in the keyboard's order exactly as long as its content is wider than it is. */
import { useEffect, type RefObject } from "react";

/** @param label what the box is called while it can be scrolled */
export function useScrollByKeyboard(box: RefObject<HTMLElement | null>, label: string): void {
  useEffect(() => {
    const element = box.current!;
    let frame = 0;
    const look = () => {
      frame = 0;
      const scrolls = element.scrollWidth > element.clientWidth;
      if (scrolls === element.hasAttribute("tabindex")) return;
      if (scrolls) {
        element.tabIndex = 0;
        element.setAttribute("role", "group");
        element.setAttribute("aria-label", label);
      } else for (const name of ["tabindex", "role", "aria-label"]) element.removeAttribute(name);
    };
    const soon = () => {
      frame ||= requestAnimationFrame(look);
    };
    const sizes = new ResizeObserver(soon);
    const contents = new MutationObserver(soon);
    sizes.observe(element);
    contents.observe(element, { childList: true, subtree: true, characterData: true });
    return () => {
      sizes.disconnect();
      contents.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [box, label]);
}
