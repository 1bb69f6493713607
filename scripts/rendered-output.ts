/** From a live cell's output to markup that stands without scripts. Runs in the page. */
import type { Page } from "playwright-core";

export type Rendered = { html: string; text: string; images: Record<string, string> };

/**
 * The output of each cell of the page that has one. Canvases become pictures (`src="outputs/<name>"`), inputs keep their
 * values and are switched off. What lies in `data-live-only` keeps its room and loses its pixels: it is of no use at rest.
 */
export async function renderedOutputs(page: Page): Promise<Record<string, Rendered>> {
  await page.evaluate("globalThis.__name = (named) => named"); // tsx marks functions with it; the page has none
  return page.evaluate(async () => {
    const nameOf = async (bytes: Uint8Array<ArrayBuffer>) =>
      [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
        .slice(0, 8)
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join("") + ".webp";

    async function picture(canvas: HTMLCanvasElement, images: Record<string, string>): Promise<HTMLImageElement> {
      // One pixel a number: what loses colour would change the numbers.
      const data = canvas.toDataURL("image/webp", canvas.matches(".fig-heat") ? 1 : 0.9).split(",")[1]!;
      const name = await nameOf(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)));
      images[name] = data;
      const img = document.createElement("img");
      for (const { name, value } of canvas.attributes) img.setAttribute(name, value);
      img.setAttribute("src", `outputs/${name}`);
      img.setAttribute("loading", "lazy");
      if (!img.hasAttribute("alt")) img.setAttribute("alt", canvas.getAttribute("aria-label") ?? "");
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
      const canvases = [...output.querySelectorAll("canvas")];
      const copies = [...copy.querySelectorAll("canvas")];
      for (const [i, canvas] of canvases.entries()) {
        if (!canvas.closest("[data-live-only]")) copies[i]!.replaceWith(await picture(canvas, images));
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
