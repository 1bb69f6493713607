/** KaTeX's style sheet and fonts, served by the course itself; only pages with formulas ask for them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const dist = join(process.cwd(), "node_modules/katex/dist");

export const dynamic = "force-static";
export const dynamicParams = false;

export function generateStaticParams() {
  const fonts = readdirSync(join(dist, "fonts")).filter((name) => name.endsWith(".woff2"));
  return ["katex.min.css", ...fonts].map((file) => ({ file }));
}

export async function GET(_: Request, { params }: { params: Promise<{ file: string }> }) {
  const { file } = await params;
  if (file.endsWith(".css")) {
    // Beside the style sheet rather than in a folder below it; woff2 alone, which every browser with WebGPU reads.
    const css = readFileSync(join(dist, "katex-swap.min.css"), "utf8")
      .replaceAll("url(fonts/", "url(")
      .replace(/,url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)/g, "");
    return new Response(css, { headers: { "Content-Type": "text/css; charset=utf-8" } });
  }
  return new Response(readFileSync(join(dist, "fonts", file)), { headers: { "Content-Type": "font/woff2" } });
}
