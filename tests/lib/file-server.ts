/** A server of files in memory, with byte ranges, that counts what it sends and misbehaves when told to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Asked = { method: string; path: string; range?: [number, number]; sent: number };

export type FileServer = {
  base: string;
  files: Map<string, Uint8Array>;
  asked: Asked[];
  /** Whether it knows ranges. */
  ranges: boolean;
  etag: string;
  /** Handles a request instead of the server; true when it did. */
  instead?: (request: IncomingMessage, response: ServerResponse, asked: Asked) => boolean;
  /** Bytes sent by GET of this path. */
  sent(path: string): number;
  gets(path: string): Asked[];
  reset(): void;
  close(): void;
};

export async function serveFiles(): Promise<FileServer> {
  const http = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, "http://x").pathname);
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const asked: Asked = { method: request.method!, path, sent: 0 };
    if (match) asked.range = [Number(match[1]), Number(match[2]) + 1];
    server.asked.push(asked);
    response.on("error", () => undefined);
    if (server.instead?.(request, response, asked)) return;
    const file = server.files.get(path);
    if (!file) return response.writeHead(404, "Not Found").end();
    const headers = { etag: server.etag, "accept-ranges": "bytes" };
    if (request.method === "HEAD") {
      return response.writeHead(200, { ...headers, "content-length": file.length }).end();
    }
    if (!asked.range || !server.ranges) {
      asked.sent = file.length;
      return response.writeHead(200, { ...headers, "content-length": file.length }).end(file);
    }
    const [from, to] = [asked.range[0], Math.min(asked.range[1], file.length)];
    if (from >= file.length) return response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
    asked.sent = to - from;
    response.writeHead(206, {
      ...headers,
      "content-length": to - from,
      "content-range": `bytes ${from}-${to - 1}/${file.length}`,
    });
    return response.end(file.subarray(from, to));
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const server: FileServer = {
    base: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    files: new Map(),
    asked: [],
    ranges: true,
    etag: '"v1"',
    sent: (path) => server.gets(path).reduce((sum, { sent }) => sum + sent, 0),
    gets: (path) => server.asked.filter((one) => one.method === "GET" && one.path === path),
    reset() {
      server.asked = [];
      server.files.clear();
      server.ranges = true;
      server.etag = '"v1"';
      server.instead = undefined;
    },
    close() {
      http.closeAllConnections();
      http.close();
    },
  };
  return server;
}
