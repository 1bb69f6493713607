/** Downloads: progress, abort, cut-off files, and the second visit, against a real server and a fake cache. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { download } from "../../lib/weights/download";
import { openFolder } from "../../lib/weights/folder";
import { FakeCaches } from "./fake-caches";

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);

let server: Server;
let base: string;
let asked: string[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  answer = (request, response) => {
    response.writeHead(200, { "content-length": FILE.length, etag: '"v1"' });
    response.end(request.method === "HEAD" ? undefined : FILE);
  };
});
afterEach(() => vi.unstubAllGlobals());

/** toEqual looks at each byte with ceremony: a second for this file. */
const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe("progress", () => {
  test("grows, never exceeds its total, and ends at it", async () => {
    const seen: [number, number][] = [];
    const bytes = await download(`${base}/a`, { onProgress: (loaded, total) => seen.push([loaded, total]) });
    expect(sameBytes(bytes, FILE)).toBe(true);
    expect(seen.at(-1)).toEqual([FILE.length, FILE.length]);
    seen.forEach(([loaded, total], i) => {
      expect(loaded).toBeGreaterThanOrEqual(seen[i - 1]?.[0] ?? 0);
      expect(total).toBe(FILE.length);
    });
  });

  test("a body that compression made longer is whole, though fewer bytes come out than went over the wire", async () => {
    const noise = randomBytes(100_000);
    const zipped = gzipSync(noise);
    expect(zipped.length).toBeGreaterThan(noise.length);
    answer = (_, response) => {
      response.writeHead(200, { "content-length": zipped.length, "content-encoding": "gzip" });
      response.end(zipped);
    };
    const onProgress = vi.fn();
    expect(sameBytes(await download(`${base}/a`, { onProgress }), noise)).toBe(true);
    expect(onProgress).toHaveBeenLastCalledWith(noise.length, noise.length);
  });

  test("a compressed body without a word about its length", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync(FILE));
    };
    const seen: [number, number][] = [];
    expect(sameBytes(await download(`${base}/a`, { onProgress: (...now) => seen.push(now) }), FILE)).toBe(true);
    expect(seen.at(-1)).toEqual([FILE.length, FILE.length]);
  });
});

describe("asking first", () => {
  test("a yes downloads, a no does not, and what is kept is not asked for", async () => {
    vi.stubGlobal("caches", new FakeCaches());
    const confirmSize = vi.fn().mockResolvedValueOnce(false).mockResolvedValueOnce(true);
    await expect(download(`${base}/a`, { confirmSize })).rejects.toMatchObject({ name: "AbortError" });
    expect(asked).toEqual(["HEAD /a"]);
    expect(sameBytes(await download(`${base}/a`, { confirmSize }), FILE)).toBe(true);
    await download(`${base}/a`, { confirmSize });
    expect(confirmSize.mock.calls).toEqual([[FILE.length], [FILE.length]]);
  });

  test("of a server that does not tell how long a file is", async () => {
    answer = (request, response) => {
      response.writeHead(request.method === "HEAD" ? 405 : 200);
      response.end(request.method === "HEAD" ? undefined : FILE);
    };
    const confirmSize = vi.fn(() => true);
    expect(sameBytes(await download(`${base}/a`, { confirmSize }), FILE)).toBe(true);
    expect(confirmSize).toHaveBeenCalledWith(0);
  });
});

describe("what goes wrong", () => {
  test("a file that is not there", async () => {
    answer = (_, response) => response.writeHead(404, "Not Found").end("no such page");
    await expect(download(`${base}/b`)).rejects.toThrow(`${base}/b: expected a file, got 404 Not Found`);
  });

  test("a server that is not there", async () => {
    await expect(download("http://127.0.0.1:9/a")).rejects.toThrow(
      /^http:\/\/127.0.0.1:9\/a: could not be downloaded \(.+\)/,
    );
  });

  test("a connection that breaks in the middle", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": FILE.length });
      response.write(FILE.subarray(0, 100_000), () => response.destroy());
    };
    await expect(download(`${base}/a`)).rejects.toThrow(
      /\/a: expected 300000 bytes, got \d+ bytes: the download was cut short; try again/,
    );
  });

  test("a file that is longer than asked for", async () => {
    await expect(download(`${base}/a`, { maxLength: 1000 })).rejects.toThrow("at most 1000 bytes, got a longer one");
  });
});

describe("abort", () => {
  test("before the start", async () => {
    await expect(download(`${base}/a`, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(asked).toEqual([]);
  });

  test("in the middle: rejects with the signal's reason, and the server notices", async () => {
    const closed = new Promise((noticed) => {
      answer = (_, response) => {
        response.writeHead(200, { "content-length": FILE.length });
        response.write(FILE.subarray(0, 1000));
        response.on("close", noticed);
      };
    });
    const stop = new AbortController();
    const reason = new Error("the reader left");
    const started = download(`${base}/a`, { signal: stop.signal, onProgress: () => stop.abort(reason) });
    await expect(started).rejects.toBe(reason);
    await closed;
  });
});

describe("the second visit", () => {
  let caches: FakeCaches;
  const gets = () => asked.filter((line) => line.startsWith("GET")).length;
  beforeEach(() => {
    caches = new FakeCaches();
    vi.stubGlobal("caches", caches);
  });

  test("comes from the cache, whole, with its progress", async () => {
    await download(`${base}/a`);
    const onProgress = vi.fn();
    expect(sameBytes(await download(`${base}/a`, { onProgress }), FILE)).toBe(true);
    expect(asked).toEqual(["GET /a", "HEAD /a"]);
    expect(onProgress.mock.calls).toEqual([[FILE.length, FILE.length]]);
  });

  test("works without a network", async () => {
    await download(`${base}/a`);
    answer = (request) => request.socket.destroy();
    expect(sameBytes(await download(`${base}/a`), FILE)).toBe(true);
    expect(gets()).toBe(1);
  });

  test.each<[string, Record<string, string>]>([
    ["ETag", { etag: '"v2"' }],
    ["date", { "last-modified": "Tue, 02 Jan 2024 00:00:00 GMT" }],
  ])("downloads again when the server names another %s", async (_, changed) => {
    const send = (headers: object) => (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { ...headers });
      response.end(request.method === "HEAD" ? undefined : FILE);
    };
    const before = { etag: '"v1"', "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" };
    answer = send(before);
    await download(`${base}/a`);
    await download(`${base}/a`);
    expect(gets()).toBe(1);
    answer = send({ ...before, ...changed });
    await download(`${base}/a`);
    expect(gets()).toBe(2);
    await download(`${base}/a`);
    expect(gets()).toBe(2);
  });

  test.each<[string, (body: Uint8Array) => Uint8Array]>([
    ["one changed bit", (body) => body.map((byte, i) => (i === 1234 ? byte ^ 1 : byte))],
    ["a missing end", (body) => body.slice(0, -1)],
  ])("downloads again when the copy has %s", async (_, damage) => {
    await download(`${base}/a`);
    const [, copy] = caches.entries()[0]!;
    copy.body = damage(copy.body);
    expect(sameBytes(await download(`${base}/a`), FILE)).toBe(true);
    expect(gets()).toBe(2);
  });

  test("a cut-off or missing file is never kept", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": FILE.length });
      response.write(FILE.subarray(0, 500), () => response.destroy());
    };
    await expect(download(`${base}/a`)).rejects.toThrow("cut short");
    answer = (_, response) => response.writeHead(500).end("oh");
    await expect(download(`${base}/a`)).rejects.toThrow("500");
    expect(caches.entries()).toEqual([]);
  });

  test("no room: downloads each time, and no error", async () => {
    caches.room = 0;
    expect(sameBytes(await download(`${base}/a`), FILE)).toBe(true);
    expect(sameBytes(await download(`${base}/a`), FILE)).toBe(true);
    expect(gets()).toBe(2);
  });

  test("a cache that may not be opened, or is not there: the same", async () => {
    for (const broken of [{ open: () => Promise.reject(new DOMException("denied", "SecurityError")) }, undefined]) {
      vi.stubGlobal("caches", broken);
      expect(sameBytes(await download(`${base}/a`), FILE)).toBe(true);
    }
    expect(gets()).toBe(2);
  });

  test("an abort while the server is asked about the copy", async () => {
    await download(`${base}/a`);
    const stop = new AbortController();
    answer = () => stop.abort(new Error("left"));
    await expect(download(`${base}/a`, { signal: stop.signal })).rejects.toThrow("left");
  });
});

describe("a folder", () => {
  test("on the disk, by its URL and by its path", async () => {
    const url = new URL("../fixtures/vit-odd", import.meta.url);
    const path = "tests/fixtures/vit-odd/";
    for (const folder of [url.href, path]) {
      const onProgress = vi.fn();
      const bytes = await openFolder(folder).read("config.json", { onProgress });
      expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ model_type: "vit" });
      expect(onProgress).toHaveBeenLastCalledWith(bytes.length, bytes.length);
    }
    await expect(openFolder(path).read("nothing.json")).rejects.toThrow(
      `${path}nothing.json: expected a file, got ENOENT`,
    );
    await expect(openFolder(path).read("config.json", { maxLength: 10 })).rejects.toThrow("at most 10 bytes");
    await expect(openFolder(path).read("config.json", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  test("under a URL", async () => {
    expect(sameBytes(await openFolder(`${base}/models/x`).read("model.safetensors"), FILE)).toBe(true);
    expect(asked).toEqual(["GET /models/x/model.safetensors"]);
  });

  test("a page may not read a disk, and its paths are its site's", async () => {
    vi.stubGlobal("location", new URL("https://example.org/lesson"));
    vi.stubGlobal("process", Object.create(process, { versions: { value: {} } }));
    await expect(openFolder("file:///models/x").read("config.json")).rejects.toThrow("which a page cannot read");
    const fetched = vi.fn((_url: string) => Promise.resolve(new Response("{}")));
    vi.stubGlobal("fetch", fetched);
    await openFolder("/models/x").read("config.json");
    expect(fetched.mock.calls[0]![0]).toBe("/models/x/config.json");
  });
});
