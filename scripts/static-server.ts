/** Serves a folder over HTTP as any static host would: for `npm start` and for the tests. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import sirv from "sirv";

/** Types that sirv's list does not know, or knows otherwise. */
const TYPES: Record<string, string> = {
  ".safetensors": "application/octet-stream",
  ".mjs": "text/javascript; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

export type StaticServer = { url: string; close(): Promise<void> };

/**
 * Files are read when the server starts, as a deployed site does not change. Ranges, ETags and a Content-Length come with
 * every file; nothing is compressed, so that progress in bytes is right.
 * @param port 0 takes a free one
 * @throws an error with `code` EADDRINUSE or EACCES when the port cannot be had
 */
export async function serveStatic(dir: string, port: number): Promise<StaticServer> {
  if (!existsSync(join(dir, "index.html"))) {
    throw new Error(`serve: expected a built site in ${dir}, found no index.html; run npm run build`);
  }
  const notFound = existsSync(join(dir, "404.html")) ? readFileSync(join(dir, "404.html")) : "Not found";
  const files = sirv(dir, {
    etag: true,
    setHeaders(response, path) {
      const type = TYPES[extname(path)];
      if (type) response.setHeader("Content-Type", type);
      response.setHeader("X-Content-Type-Options", "nosniff");
      // Next puts a hash into the name of everything below _next/static: it can be kept for ever.
      const hashed = path.startsWith("/_next/static/");
      response.setHeader("Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const address = withSlash(request.url ?? "/", dir);
    if (address) response.writeHead(308, { Location: address }).end();
    else files(request, response, () => answer404(request, response, notFound));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${actual}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer404(request: IncomingMessage, response: ServerResponse, body: Buffer | string): void {
  response.writeHead(404, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-cache",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The address with a slash at its end, where a page has one: so that relative links in it lead to the same places. */
function withSlash(url: string, dir: string): string | undefined {
  const [path = "/", query] = url.split("?");
  if (path.endsWith("/") || path.startsWith("//") || path.includes("..") || extname(path)) return undefined;
  let page: string;
  try {
    page = join(dir, decodeURIComponent(path), "index.html");
  } catch {
    return undefined;
  }
  return existsSync(page) ? `${path}/${query === undefined ? "" : `?${query}`}` : undefined;
}
