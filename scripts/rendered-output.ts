/** From a live cell's output to markup that stands without scripts. Runs in the page. */
import type { Page } from "playwright-core";

export type Rendered = { html: string; text: string; images: Record<string, string> };

/**
 * The output of each cell of the page that has one. Canvases and images that carry their pixels in the address become
 * files (`src="outputs/<name>"`), inputs keep their values and are switched off. What lies in `data-live-only` keeps its
 * room and loses its pixels: it is of no use at rest.
 */
export async function renderedOutputs(page: Page): Promise<Record<string, Rendered>> {
  await page.evaluate("globalThis.__name = (named) => named"); // tsx marks functions with it; the page has none
  return page.evaluate(async () => {
    const nameOf = async (bytes: Uint8Array<ArrayBuffer>) =>
      [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
        .slice(0, 8)
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join("") + ".webp";

    type Drawn = HTMLCanvasElement | HTMLImageElement;

    /** An image with its pixels in its own address becomes a canvas. */
    async function canvasOf(drawn: Drawn): Promise<HTMLCanvasElement> {
      if (drawn instanceof HTMLCanvasElement) return drawn;
      await drawn.decode(); // or it may have no pixels yet
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [drawn.naturalWidth, drawn.naturalHeight];
      canvas.getContext("2d")!.drawImage(drawn, 0, 0);
      return canvas;
    }

    async function picture(drawn: Drawn, images: Record<string, string>): Promise<HTMLImageElement> {
      // One pixel a number: what loses colour would change the numbers.
      const canvas = await canvasOf(drawn);
      const data = canvas.toDataURL("image/webp", drawn.matches(".fig-heat") ? 1 : 0.9).split(",")[1]!;
      const name = await nameOf(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)));
      images[name] = data;
      const img = document.createElement("img");
      for (const { name, value } of drawn.attributes) img.setAttribute(name, value);
      img.setAttribute("src", `outputs/${name}`);
      img.setAttribute("loading", "lazy");
      if (!img.hasAttribute("alt")) img.setAttribute("alt", drawn.getAttribute("aria-label") ?? "");
      return img;
    }

    function switchOff(root: HTMLElement): void {
      for (const control of root.querySelectorAll<HTMLInputElement>("input, select, textarea, button")) {
        control.setAttribute("disabled", "");
        if (control.matches("input:not([type=file])")) control.setAttribute("value", control.value);
        if (control.checked) control.setAttribute("checked", "");
      }
      for (const option of root.querySelectorAll("option")) option.toggleAttribute("selected", option.selected);
      // What scrolls stays within reach of the keyboard.
      for (const element of root.querySelectorAll("[tabindex]:not(.fig-scroll)")) element.removeAttribute("tabindex");
    }

    const rendered: Record<string, Rendered> = {};
    for (const cell of document.querySelectorAll<HTMLElement>("[data-cell]")) {
      const output = cell.querySelector<HTMLElement>("[data-output]")!;
      if (!output.hasChildNodes()) continue;
      const copy = output.cloneNode(true) as HTMLElement;
      const images: Record<string, string> = {};
      const drawings = "canvas, img[src^='data:']";
      const copies = [...copy.querySelectorAll<Drawn>(drawings)];
      for (const [i, drawn] of [...output.querySelectorAll<Drawn>(drawings)].entries()) {
        if (!drawn.closest("[data-live-only]")) copies[i]!.replaceWith(await picture(drawn, images));
      }
      for (const atRest of copy.querySelectorAll<HTMLElement>("[data-live-only] [style]")) {
        atRest.style.backgroundImage = "";
        if (!atRest.getAttribute("style")) atRest.removeAttribute("style");
      }
      switchOff(copy);
      // The properties of the live elements are what counts, and a copy does not have them all.
      const lives = [...output.querySelectorAll("option")];
      copy.querySelectorAll("option").forEach((option, i) => option.toggleAttribute("selected", lives[i]!.selected));
      rendered[cell.dataset.cell!] = {
        html: copy.innerHTML,
        text: output.innerText.replace(/\s+/g, " ").trim(),
        images,
      };
    }
    return rendered;
  });
}
