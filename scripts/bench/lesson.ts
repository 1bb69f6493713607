/** What a reader of a lesson downloads before its first cell is live, and how long that takes on this machine. */
import { gzipSync } from "node:zlib";
import { launchBrowser } from "../../tests/browser";
import { buildIfNeeded } from "../build";
import { serveStatic } from "../static-server";
import { round } from "./measure";

/** Bytes of scripts (as gzip would send them) and milliseconds until the lesson's first cell is fulfilled. */
export async function firstVisit(lesson: string) {
  await buildIfNeeded();
  const server = await serveStatic("out", 0);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const scripts: Promise<[string, number]>[] = [];
    let open = true;
    page.on("response", (response) => {
      if (open && response.request().resourceType() === "script") {
        scripts.push(response.body().then((body) => [new URL(response.url()).pathname, gzipSync(body).length]));
      }
    });
    const started = performance.now();
    await page.goto(server.url.replace(/\/$/, "") + lesson);
    await page.locator('[data-cell][data-state="fulfilled"]').first().waitFor({ state: "attached", timeout: 120_000 });
    open = false;
    const first = performance.now() - started;
    const sizes = await Promise.all(scripts);
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll("[data-cell]")].every((cell) => cell.getAttribute("data-state") === "fulfilled"),
      undefined,
      { timeout: 240_000 },
    );
    return {
      scripts: sizes.length,
      gzipBytes: sizes.reduce((sum, [, size]) => sum + size, 0),
      firstCellMilliseconds: round(first),
      allCellsMilliseconds: round(performance.now() - started),
    };
  } finally {
    await browser.close();
    await server.close();
  }
}
