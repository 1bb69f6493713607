/**
 * Weights over the network: only what is wanted, in pieces, taken up again after a cut, kept for the next visit and
 * checked there. A real server on this machine, and a cache in memory.
 */
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openExecutor, type Executor, type Tensor } from "../../lib/tensor";
import {
  loadWeights,
  openFolder,
  type Folder,
  type Shapes,
  type WeightFiles,
  type WeightOptions,
} from "../../lib/weights";
import { FakeCaches } from "./fake-caches";
import { serveFiles, type FileServer } from "./file-server";
import { safetensorsFile, valuesOf } from "./safetensors-file";

/** A file of two towers as CLIP has them, the text first; 4.2 MB and 6.9 MB. */
const shapes: Record<string, number[]> = {
  logit_scale: [1],
  "text_model.embeddings.token_embedding.weight": [1000, 1000],
  "text_model.final_layer_norm.weight": [1000],
  "vision_model.embeddings.patch_embedding.weight": [1201, 500],
  "vision_model.encoder.layers.0.fc1.weight": [700, 1601],
  "vision_model.encoder.layers.0.fc1.bias": [700],
  "vision_model.post_layernorm.weight": [33],
};
const file = safetensorsFile(shapes);
const names = Object.keys(shapes);
const dataStart = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
const visionBytes = names.slice(3).reduce((sum, name) => sum + valuesOf(0, shapes[name]!).byteLength, 0);

type VisionWeights = {
  visionModel: {
    embeddings: { patchEmbedding: { weight: Tensor } };
    encoder: { layers: { fc1: { weight: Tensor; bias: Tensor } }[] };
    postLayernorm: { weight: Tensor };
  };
};
const vision: Shapes<VisionWeights> = {
  visionModel: {
    embeddings: { patchEmbedding: { weight: [1201, 500] } },
    encoder: { layers: [{ fc1: { weight: [700, 1601], bias: [700] } }] },
    postLayernorm: { weight: [33] },
  },
};
type AllWeights = VisionWeights & {
  logitScale: Tensor;
  textModel: { embeddings: { tokenEmbedding: { weight: Tensor } }; finalLayerNorm: { weight: Tensor } };
};
const all: Shapes<AllWeights> = {
  logitScale: [1],
  textModel: { embeddings: { tokenEmbedding: { weight: [1000, 1000] } }, finalLayerNorm: { weight: [1000] } },
  ...vision,
};

const PATH = "/clip/model.safetensors";
let server: FileServer;
let executor: Executor;
beforeAll(async () => {
  server = await serveFiles();
  ({ executor } = await openExecutor({ prefer: "reference" }));
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  server.files.set(PATH, file);
});
afterEach(() => vi.unstubAllGlobals());

/** The folder, with short waits after a cut. */
function folder(name = "clip", delays = [5, 5, 5], patience = 2000): Folder {
  const real = openFolder(`${server.base}/${name}`);
  return { ...real, open: (file, options) => real.open(file, { ...options, delays, patience }) };
}

function checkpoint(more: Partial<WeightFiles> = {}): WeightFiles {
  return { modelType: "clip", files: folder(), executor, dtype: "f32", ...more };
}

const load = (more: Partial<WeightFiles> = {}, wanted: unknown = all, options: WeightOptions = {}) =>
  loadWeights<AllWeights>(checkpoint(more), wanted as Shapes<AllWeights>, options);
const loadVision = (more: Partial<WeightFiles> = {}) =>
  loadWeights<VisionWeights>(checkpoint(more), vision, { only: ["visionModel"] });

/** Every number of every weight is where it belongs. */
async function check(tree: object, path: string[] = []): Promise<number> {
  if ("data" in tree) {
    const name = path.join(".").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const n = names.indexOf(name);
    expect(name).toBe(names[n]);
    const [got, expected] = [await (tree as Tensor).data(), valuesOf(n, shapes[name]!)];
    expect(Buffer.compare(new Uint8Array(got.buffer), new Uint8Array(expected.buffer))).toBe(0);
    return 1;
  }
  let count = 0;
  for (const [key, child] of Object.entries(tree)) count += await check(child as object, [...path, key]);
  return count;
}

describe("what is fetched", () => {
  test("everything once, in a few requests; the model says how much that was", async () => {
    const loaded = await load();
    expect(await check(loaded.tree)).toBe(7);
    expect(loaded.bytes).toBe(file.length);
    expect(loaded.parameterCount).toBe((file.length - dataStart) / 4);
    expect(server.sent(PATH)).toBe(file.length);
    expect(server.gets(PATH).length).toBeLessThanOrEqual(3);
    loaded.dispose();
  });

  test("only the vision tower of a file that has two: its bytes, and those of the first request", async () => {
    const loaded = await loadVision();
    expect(await check(loaded.tree)).toBe(4);
    expect(loaded.bytes).toBe(dataStart + visionBytes);
    expect(server.sent(PATH)).toBe(64 * 1024 + visionBytes);
    const [first, ...others] = server.gets(PATH);
    expect(first!.range).toEqual([0, 64 * 1024]);
    for (const { range } of others) expect(range![0]).toBeGreaterThanOrEqual(file.length - visionBytes);
    loaded.dispose();
  });

  test("control: without `only` the other tower is surplus, and nothing more than the header is fetched", async () => {
    await expect(loadWeights<VisionWeights>(checkpoint(), vision)).rejects.toThrow(
      "clip: 3 weights surplus (logitScale, textModel.embeddings.tokenEmbedding.weight, textModel.finalLayerNorm.weight)",
    );
    expect(server.sent(PATH)).toBe(64 * 1024);
  });

  test("names that are others than the Hub's, and buffers that are no weights", async () => {
    type Renamed = { textModel: AllWeights["textModel"]; backbone: VisionWeights["visionModel"] };
    const wanted: Shapes<Renamed> = { textModel: all.textModel, backbone: vision.visionModel };
    const names = (name: string) => (name === "logit_scale" ? undefined : name.replace(/^vision_model/, "backbone"));
    const loaded = await loadWeights<Renamed>(checkpoint(), wanted, { names });
    expect(loaded.bytes).toBe(file.length - 4);
    loaded.dispose();
  });

  test("a header that is longer than the first request", async () => {
    const long = safetensorsFile({ a: [5, 7] }, { padding: 200_000 });
    server.files.set(PATH, long);
    const loaded = await load({}, { a: [5, 7] });
    expect(loaded.bytes).toBe(long.length);
    expect(server.sent(PATH)).toBe(long.length);
    loaded.dispose();
  });

  test("progress grows to the total, and nothing is counted twice", async () => {
    const seen: [number, number][] = [];
    const loaded = await loadVision({ onProgress: (...now) => seen.push(now) });
    seen.forEach(([now, total], i) => {
      expect(total).toBe(loaded.bytes);
      expect(now).toBeGreaterThan(seen[i - 1]?.[0] ?? 0);
    });
    expect(seen.at(-1)).toEqual([loaded.bytes, loaded.bytes]);
    loaded.dispose();
  });
});

describe("asked before", () => {
  test("the number of bytes; yes goes on", async () => {
    const confirmSize = vi.fn(() => Promise.resolve(true));
    (await loadVision({ confirmSize })).dispose();
    expect(confirmSize.mock.calls).toEqual([[visionBytes]]);
  });

  test("no gives up with an AbortError, before the weights are fetched or given room", async () => {
    const before = executor.ledger();
    const error = await loadVision({ confirmSize: () => false }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "AbortError" });
    expect((error as Error).message).toBe("clip: its download (6.9 MB) was declined; load it again to be asked again");
    expect(server.sent(PATH)).toBe(64 * 1024);
    expect(executor.ledger()).toEqual(before);
  });
});

/** Cuts the connection of the nth GET of the file after some bytes of the answer. */
function cutAt(...bytes: (number | undefined)[]) {
  let n = 0;
  server.instead = (_, response, asked) => {
    const after = asked.method === "GET" ? bytes[n++] : undefined;
    if (after === undefined || !asked.range) return false;
    const [from, to] = [asked.range[0], Math.min(asked.range[1], file.length)];
    asked.sent = after;
    response.writeHead(206, { "content-length": to - from, "content-range": `bytes ${from}-${to - 1}/${file.length}` });
    response.write(file.subarray(from, from + after), () => response.destroy());
    return true;
  };
}

describe("a connection that breaks", () => {
  test("is taken up at the byte that it had reached", async () => {
    cutAt(undefined, 3_000_000, 1_000_000);
    const loaded = await loadVision();
    expect(await check(loaded.tree)).toBe(4);
    const ranges = server.gets(PATH).map(({ range }) => range!);
    expect(ranges).toHaveLength(4);
    for (const [from] of ranges.slice(2)) expect(from).toBeGreaterThan(file.length - visionBytes + 500_000);
    expect(server.sent(PATH)).toBeLessThan(64 * 1024 + visionBytes + 2_000_000); // what was on the wire at the cut
    loaded.dispose();
  });

  test("in the header too", async () => {
    cutAt(4, 100);
    const loaded = await loadVision();
    expect(await check(loaded.tree)).toBe(4);
    loaded.dispose();
  });

  test("again and again: a sentence, and no memory is left behind", async () => {
    cutAt(undefined, 1_000_000, 0, 0, 0, 0, 0, 0);
    const before = executor.ledger();
    await expect(loadVision()).rejects.toThrow(
      /^http.*\/clip\/model\.safetensors: expected bytes \d+ to \d+, got those to \d+: the download was cut short; try again$/,
    );
    expect(server.gets(PATH)).toHaveLength(5);
    expect(executor.ledger()).toEqual(before);
  });

  test("a byte at a time: given up in the end", async () => {
    cutAt(undefined, ...Array<number>(300).fill(1));
    const delayless = folder("clip", [0, 0, 0]);
    await expect(loadVision({ files: delayless })).rejects.toThrow(/the download was cut short; try again$/);
    expect(server.gets(PATH).length).toBeLessThan(60);
  });

  test("a server that is busy is asked again; one that stays so says it", async () => {
    let busy = 2;
    server.instead = (_, response) => busy-- > 0 && Boolean(response.writeHead(503, "Busy").end());
    (await loadVision()).dispose();
    busy = 100;
    await expect(loadVision()).rejects.toThrow(/clip\/model\.safetensors: expected a file, got 503 Busy$/);
  });

  test("a connection on which nothing comes counts as broken", async () => {
    let silent = 1;
    server.instead = (_, response, asked) => {
      if (asked.range![0] === 0 || silent-- <= 0) return false;
      response.writeHead(206, { "content-range": `bytes ${asked.range![0]}-${asked.range![1] - 1}/${file.length}` });
      response.write(file.subarray(asked.range![0], asked.range![0] + 1000));
      return true;
    };
    const loaded = await loadVision({ files: folder("clip", [5, 5], 200) });
    expect(await check(loaded.tree)).toBe(4);
    loaded.dispose();
  });

  test("no server at all", async () => {
    const files = openFolder("http://127.0.0.1:9/clip");
    const quick: Folder = { ...files, open: (file, options) => files.open(file, { ...options, delays: [1] }) };
    await expect(loadVision({ files: quick })).rejects.toThrow(
      /^http:\/\/127\.0\.0\.1:9\/clip\/model\.safetensors: could not be downloaded \(.+\); is there a network/,
    );
  });
});

describe("a server that only sends whole files", () => {
  beforeEach(() => (server.ranges = false));

  test("is read from the start, once, and what is not wanted is dropped", async () => {
    const loaded = await loadVision();
    expect(await check(loaded.tree)).toBe(4);
    expect(server.gets(PATH)).toHaveLength(1);
    loaded.dispose();
    const everything = await load();
    expect(await check(everything.tree)).toBe(7);
    everything.dispose();
  });

  test("and breaks off: read from the start again, up to where it was", async () => {
    let cuts = 1;
    server.instead = (_, response) => {
      if (cuts-- <= 0) return false;
      response.writeHead(200, { "content-length": file.length });
      response.write(file.subarray(0, 6_000_000), () => response.destroy());
      return true;
    };
    const loaded = await load();
    expect(await check(loaded.tree)).toBe(7);
    expect(server.gets(PATH)).toHaveLength(2);
    loaded.dispose();
  });
});

describe("a server that lies", () => {
  const lie = (write: (response: ServerResponse, range: [number, number]) => void) => {
    server.instead = (_, response, asked) => {
      if (asked.range![0] === 0) return false;
      write(response, asked.range!);
      return true;
    };
  };
  test.each<[string, (response: ServerResponse, range: [number, number]) => void, RegExp]>([
    [
      "another range",
      (response, [from, to]) =>
        response.writeHead(206, { "content-range": `bytes ${from - 8}-${to - 9}/${file.length}` }).end("x"),
      /expected bytes \d+-\d+, got Content-Range "bytes .*": this server sends other parts than asked$/,
    ],
    [
      "a range that is no range",
      (response) => response.writeHead(206, { "content-range": "chapters 1-2" }).end("x"),
      /got Content-Range "chapters 1-2"/,
    ],
    [
      "no range, and more than asked",
      (response) => response.writeHead(206, { "content-length": file.length }).end(file),
      /expected bytes \d+-\d+, got \d+ bytes/,
    ],
    [
      "another length",
      (response, [from, to]) =>
        response.writeHead(206, { "content-range": `bytes ${from}-${to - 1}/${file.length + 4}` }).end("x"),
      /it changed while it was downloaded/,
    ],
    [
      "another version",
      (response, [from, to]) =>
        response
          .writeHead(206, { etag: '"v2"', "content-range": `bytes ${from}-${to - 1}/${file.length}` })
          .end(file.subarray(from, to)),
      /expected one file, got parts of two: it changed while it was downloaded; try again$/,
    ],
  ])("%s", async (_, write, sentence) => {
    lie(write);
    await expect(loadVision()).rejects.toThrow(sentence);
  });

  test("a file that is shorter than its header says", async () => {
    server.files.set(PATH, file.subarray(0, file.length - 4));
    await expect(loadVision()).rejects.toThrow(/expected \d+ bytes, as its header says, got \d+: the file is cut off$/);
  });

  test("an empty file, and one of a page of HTML", async () => {
    server.files.set(PATH, new Uint8Array());
    await expect(loadVision()).rejects.toThrow(/expected a safetensors file, got 0 bytes/);
    server.files.set(PATH, new TextEncoder().encode("<!doctype html>".repeat(10)));
    await expect(loadVision()).rejects.toThrow(/not a safetensors file, or damaged/);
  });
});

describe("abort", () => {
  test("in the middle: the signal's reason, the server notices, no memory is left behind", async () => {
    const before = executor.ledger();
    let closed = 0;
    server.instead = (_, response) => {
      response.on("close", () => (closed += 1));
      return false;
    };
    const stop = new AbortController();
    const reason = new Error("the reader left");
    const onProgress = () => stop.abort(reason);
    await expect(load({ signal: stop.signal, onProgress })).rejects.toBe(reason);
    await vi.waitFor(() => expect(closed).toBe(server.gets(PATH).length));
    expect(executor.ledger()).toEqual(before);
  });

  test("while waiting to try again", async () => {
    const stop = new AbortController();
    server.instead = (_, response) => {
      setTimeout(() => stop.abort(new Error("the reader left")), 20);
      return Boolean(response.writeHead(503).end());
    };
    const files = folder("clip", [60_000]);
    await expect(load({ signal: stop.signal, files })).rejects.toThrow("the reader left");
  });
});

describe("the next visit", () => {
  let caches: FakeCaches;
  const CACHE = () => `patchwork-weights-2 ${server.base}${PATH}`;
  const pieces = () => [...caches.stored.get(CACHE())!].filter(([url]) => /patchwork=\d+-\d+/.test(url));
  beforeEach(() => {
    caches = new FakeCaches();
    vi.stubGlobal("caches", caches);
  });

  test("fetches nothing, asks for no consent, and is whole", async () => {
    (await load()).dispose();
    server.asked = [];
    const confirmSize = vi.fn(() => true);
    const seen: [number, number][] = [];
    const again = await load({ confirmSize, onProgress: (...now) => seen.push(now) });
    expect(await check(again.tree)).toBe(7);
    expect(server.asked.map(({ method }) => method)).toEqual(["HEAD"]);
    expect(confirmSize).not.toHaveBeenCalled();
    expect(seen.at(-1)).toEqual([file.length, file.length]);
    again.dispose();
  });

  test("works without a network", async () => {
    (await load()).dispose();
    server.instead = (request) => Boolean(request.socket.destroy());
    const again = await load();
    expect(await check(again.tree)).toBe(7);
    again.dispose();
  });

  test("goes on where the last one was cut off", async () => {
    cutAt(undefined, 5_000_000, 0, 0, 0, 0);
    await expect(loadVision()).rejects.toThrow("cut short");
    const kept = pieces().reduce((sum, [url, { body }]) => sum + (url.includes("patchwork=0-") ? 0 : body.length), 0);
    expect(kept).toBeGreaterThan(4_000_000);
    const rest = visionBytes - kept;
    server.instead = undefined;
    server.asked = [];
    const confirmSize = vi.fn(() => true);
    const loaded = await loadVision({ confirmSize });
    expect(await check(loaded.tree)).toBe(4);
    expect(server.sent(PATH)).toBe(rest);
    expect(confirmSize.mock.calls).toEqual([[rest]]);
    loaded.dispose();
  });

  test("the other tower fetches only what is not there yet", async () => {
    (await loadVision()).dispose();
    server.asked = [];
    const loaded = await load();
    expect(await check(loaded.tree)).toBe(7);
    expect(server.sent(PATH)).toBeLessThan(file.length - visionBytes + 8192);
    loaded.dispose();
  });

  test.each<[string, (body: Uint8Array) => Uint8Array]>([
    ["one changed bit", (body) => body.map((byte, i) => (i === 20 ? byte ^ 1 : byte))],
    ["a missing end", (body) => body.slice(0, -1)],
  ])("a kept piece with %s is fetched again, and only it", async (_, damage) => {
    (await load()).dispose();
    for (const [, entry] of pieces().slice(2, 4)) entry.body = damage(entry.body);
    const damaged = pieces()
      .slice(2, 4)
      .map(([url]) => /patchwork=(\d+)-(\d+)/.exec(url)!.slice(1).map(Number));
    server.asked = [];
    const loaded = await load();
    expect(await check(loaded.tree)).toBe(7);
    expect(server.sent(PATH)).toBe(damaged.reduce((sum, [from, to]) => sum + to! - from!, 0));
    loaded.dispose();
    server.asked = [];
    (await load()).dispose(); // it was kept again
    expect(server.gets(PATH)).toEqual([]);
  });

  test("a kept header that is damaged is fetched again", async () => {
    (await load()).dispose();
    const [, header] = pieces().find(([url]) => url.includes("patchwork=0-"))!;
    header.body[9]! ^= 1;
    const loaded = await load();
    expect(await check(loaded.tree)).toBe(7);
    loaded.dispose();
  });

  test.each([true, false])("another version on the server (known by HEAD: %s) replaces all pieces", async (head) => {
    (await load()).dispose();
    const before = pieces().length;
    const other = file.slice();
    other[file.length - 1]! ^= 1;
    server.files.set(PATH, other);
    server.etag = '"v2"';
    if (!head) {
      server.instead = (request, response) => request.method === "HEAD" && Boolean(response.writeHead(405).end());
      pieces()[3]![1].body = new Uint8Array(3); // so that something has to be asked for
      await expect(load()).rejects.toThrow("it changed while it was downloaded; try again");
    }
    server.asked = [];
    const confirmSize = vi.fn(() => true);
    const loaded = await load({ confirmSize });
    expect(confirmSize.mock.calls).toEqual([[expect.closeTo(file.length, -6)]]); // but for the first request
    const last = await loaded.tree.visionModel.postLayernorm.weight.data();
    expect(new Uint8Array(last.buffer).at(-1)).toBe(other.at(-1));
    expect(server.sent(PATH)).toBe(file.length);
    expect(pieces()).toHaveLength(before);
    loaded.dispose();
  });

  test("no room: it loads, keeps what fits, and says so once", async () => {
    caches.room = 5_000_000;
    const onNote = vi.fn();
    const loaded = await load({ onNote });
    expect(await check(loaded.tree)).toBe(7);
    expect(onNote.mock.calls).toEqual([
      [expect.stringMatching(/^There is no room left .* downloaded again next time\.$/)],
    ]);
    expect(caches.bytes()).toBeGreaterThan(2_000_000);
    loaded.dispose();
  });

  test("a cache that may not be opened, or is not there: it loads", async () => {
    for (const broken of [{ open: () => Promise.reject(new DOMException("denied", "SecurityError")) }, undefined]) {
      vi.stubGlobal("caches", broken);
      const loaded = await loadVision();
      expect(await check(loaded.tree)).toBe(4);
      loaded.dispose();
    }
  });

  test("a server of whole files: kept just so, and a damaged piece is fetched again", async () => {
    server.ranges = false;
    (await load()).dispose();
    server.asked = [];
    (await load()).dispose();
    expect(server.gets(PATH)).toEqual([]);
    pieces()[2]![1].body[5]! ^= 1;
    pieces()[4]![1].body[5]! ^= 1;
    const loaded = await load();
    expect(await check(loaded.tree)).toBe(7);
    loaded.dispose();
  });
});
