/**
 * What only a browser can show: decoding pictures of every kind, the Cache API, WebGPU against the goldens, and a main
 * thread that stays free. The engine is bundled as a page would bundle it and served from a plain folder.
 */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as Images from "../../lib/images";
import type * as Models from "../../lib/models";
import type * as Tensors from "../../lib/tensor";
import { launchBrowser } from "../browser";
import { distance, readGolden } from "./golden";

/** What the bundle puts on the page. */
type Engine = typeof Images & typeof Models & typeof Tensors;
declare const engine: Engine;

const ENTRY = `export * from "./lib/images"; export * from "./lib/models"; export * from "./lib/tensor";`;

let server: Server;
let base: string;
let browser: Browser;
let asked: string[] = [];
/** Bytes sent in answer to range requests. */
let sent = 0;
/** Files that are not on the disk. */
const made = new Map<string, Uint8Array>();

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "engine",
    platform: "browser",
    target: "es2022",
  });
  const script = outputFiles[0]!.contents;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === "/") return response.end("<!doctype html><title>test</title><script src=/engine.js></script>");
    if (request.url === "/engine.js") return response.end(script);
    try {
      const path = new URL(request.url!, "http://x").pathname;
      const body = made.get(path) ?? readFileSync(join("tests/fixtures", path));
      const headers: Record<string, string> = { etag: '"1"', "cache-control": "no-store" };
      if (request.headers.origin) headers["access-control-allow-origin"] = "*"; // and no header is exposed
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
      if (range && request.method === "GET") {
        const [from, to] = [Number(range[1]), Math.min(Number(range[2]) + 1, body.length)];
        sent += to - from;
        const part = { "content-length": to - from, "content-range": `bytes ${from}-${to - 1}/${body.length}` };
        response.writeHead(206, { ...headers, ...part });
        return response.end(body.subarray(from, to));
      }
      response.writeHead(200, { ...headers, "content-length": body.length });
      return response.end(request.method === "HEAD" ? undefined : body);
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

let page: Page;
beforeEach(async () => {
  await page?.close();
  page = await (await browser.newContext()).newPage();
  await page.goto(base);
  asked = [];
  sent = 0;
});

/** Decodes a fixture in the page: size, note and four pixels (one per quarter), or the sentence that refuses it. */
function decode(name: string) {
  return page.evaluate(async (path) => {
    const file = await (await fetch(path)).blob();
    try {
      const { width, height, data, note } = await engine.decodePicture(file);
      const at = (x: number, y: number) => {
        const i = (Math.floor(y * height) * width + Math.floor(x * width)) * 4;
        return [...data.subarray(i, i + 4)];
      };
      return { width, height, note, corners: [at(0.2, 0.2), at(0.8, 0.2), at(0.2, 0.8), at(0.8, 0.8)] };
    } catch (error) {
      return { refused: (error as Error).message };
    }
  }, `/images/${name}`);
}

describe("decodePicture", () => {
  const red = [255, 0, 0, 255];
  const lime = [0, 255, 0, 255];
  const blue = [0, 0, 255, 255];
  const white = [255, 255, 255, 255];
  const upright = { width: 24, height: 16, corners: [red, lime, blue, white] };

  test.each<[string, { width: number; height: number; corners: number[][]; note?: string }]>([
    ["plain.png", upright],
    ["plain.jpg", upright],
    ["progressive.jpg", upright],
    ["plain.bmp", upright],
    ["plain.gif", upright],
    ["lossy.webp", upright],
    ["lossless.webp", upright],
    ["plain.avif", upright],
    ["transparent.png", { ...upright, corners: [white, lime, blue, white] }],
    ["transparent.webp", { ...upright, corners: [white, lime, blue, white] }],
    ["animated.gif", { ...upright, note: "This GIF is animated: its first frame is used." }],
    ["animated.png", { ...upright, note: "This PNG is animated: its first frame is used." }],
    ["animated.webp", { ...upright, note: "This WebP is animated: its first frame is used." }],
    [
      "cmyk.jpg",
      { ...upright, note: "This JPEG has the colours of print (CMYK): the browser converted them to sRGB." },
    ],
    ["rotated-3.jpg", { ...upright, corners: [white, blue, lime, red] }],
    ["rotated-6.jpg", { width: 16, height: 24, corners: [blue, red, white, lime] }],
    ["rotated-8.jpg", { width: 16, height: 24, corners: [lime, white, red, blue] }],
    [
      "one-pixel.png",
      {
        width: 1,
        height: 1,
        corners: Array<number[]>(4).fill([10, 200, 30, 255]),
        note: "This picture is a single pixel: a model sees one colour everywhere.",
      },
    ],
    [
      "wide.png",
      {
        width: 1024,
        height: 1,
        corners: Array<number[]>(4).fill([0, 128, 128, 255]),
        note: "This picture was made smaller when it was opened: from 20,000 × 2 to 1,024 × 1 pixels.",
      },
    ],
  ])("%s", async (name, expected) => {
    const decoded = await decode(name);
    expect(decoded).toMatchObject({ width: expected.width, height: expected.height });
    expect(decoded.note).toBe(expected.note);
    const tolerance = name === "cmyk.jpg" ? 40 : 12; // a lossy format changes a flat colour a little, CMYK more
    decoded.corners!.forEach((pixel, i) => expect(distance(pixel, expected.corners[i]!)).toBeLessThan(tolerance));
  });

  test.each<[string, RegExp]>([
    ["text.png", /expected a picture \(PNG, .*\), got a file that starts with the text "This is not a pi"/],
    ["empty.png", /got an empty file \(0 bytes\)/],
    ["cut.png", /expected a whole PNG file, got one whose end is missing/],
    ["cut.jpg", /expected a whole JPEG file, got one whose end is missing/],
    ["huge.png", /at most 50 million pixels, got 40,000 × 40,000 \(1600 million\)/],
    ["drawing.svg", /got an SVG/],
    ["plain.tiff", /this browser cannot decode this TIFF file/],
  ])("%s is refused in a sentence", async (name, sentence) => {
    const { refused } = await decode(name);
    expect(refused).toMatch(/^picture: /);
    expect(refused).toMatch(sentence);
  });

  test("a file with a good header and broken pixels", async () => {
    const refused = await page.evaluate(async () => {
      const bytes = new Uint8Array(await (await fetch("/images/plain.png")).arrayBuffer());
      bytes.fill(7, 45, 70);
      return engine.decodePicture(new Blob([bytes])).then(
        () => "nothing",
        (error: Error) => error.message,
      );
    });
    expect(refused).toMatch(/this browser cannot decode this PNG file; it may be damaged/);
  });
});

describe("a model in the page", () => {
  /** Loads the odd model and runs the golden's pixel values through it. */
  const run = (values: number[], shape: number[], prefer: "webgpu" | "reference") =>
    page.evaluate(
      async ([values, shape, prefer]) => {
        const opened = await engine.openExecutor({ prefer });
        const progress: [number, number][] = [];
        const model = await engine.loadModel("vit-odd", {
          executor: opened.executor,
          baseUrl: "/",
          modelType: "vit",
          onProgress: (...now) => progress.push(now),
        });
        const probs: number[][] = [];
        const pixelValues = engine.tensor(values, shape, opened.executor);
        const { logits } = await model.forward({ pixelValues });
        const maps: Promise<unknown>[] = [];
        const probe = (name: string, value: { data(): Promise<Float32Array> }) => {
          if (name.endsWith(".probs")) maps.push(value.data().then((data) => probs.push([...data])));
        };
        await model.forward({ pixelValues }, { probe });
        await Promise.all(maps);
        return { name: opened.executor.name, note: opened.note, logits: [...(await logits.data())], probs, progress };
      },
      [values, shape, prefer] as const,
    );

  test.each(["webgpu", "reference"] as const)("%s agrees with PyTorch", async (prefer) => {
    const golden = await readGolden("tests/fixtures/vit-odd/golden.safetensors");
    const pixels = golden.get("pixel_values")!;
    const { name, note, logits, probs, progress } = await run([...pixels.values], [...pixels.shape], prefer);
    expect(`${name}: ${note}`).toBe(`${prefer}: undefined`);
    expect(distance(logits, golden.get("logits")!.values)).toBeLessThan(1e-3);
    probs.forEach((map, i) => expect(distance(map, golden.get(`attentions.${i}`)!.values)).toBeLessThan(1e-4));
    expect(probs).toHaveLength(2);
    expect(progress.at(-1)![0]).toBe(progress.at(-1)![1]);
  });

  test("the second visit downloads nothing", async () => {
    const load = () =>
      page.evaluate(async () => {
        const { executor } = await engine.openExecutor({ prefer: "reference" });
        const progress: [number, number][] = [];
        const onProgress = (...now: [number, number]) => progress.push(now);
        const model = await engine.loadModel("vit-odd", { executor, baseUrl: "/", onProgress });
        return { bytes: model.bytes, progress };
      });
    await load();
    expect(asked.filter((line) => line.startsWith("GET /vit-odd"))).toHaveLength(4); // the weights in two parts
    await page.reload();
    asked = [];
    const { bytes, progress } = await load();
    expect(asked.filter((line) => line.startsWith("GET /vit-odd"))).toEqual([]);
    expect(progress).toEqual([[bytes, bytes]]);
  });

  describe("of 13 MB, in ranges", () => {
    const large = largeViT();
    const weights = large.get("/large/model.safetensors")!;
    beforeAll(() => large.forEach((bytes, path) => made.set(path, bytes)));

    /** Loads it, and says what came: sizes, the first and last number of a matrix, and the note. */
    const load = (prefer: "webgpu" | "reference" = "reference", source = "large") =>
      page.evaluate(
        async ([prefer, source]) => {
          const { executor } = await engine.openExecutor({ prefer });
          const asked: number[] = [];
          const confirmSize = (bytes: number) => Boolean(asked.push(bytes));
          const model = await engine.loadModel(source, { executor, baseUrl: "/", modelType: "vit", confirmSize });
          const layers = model.weights.vit.encoder.layer;
          const last = await layers.at(-1)!.output.dense.weight.data();
          const first = await layers[0]!.attention.attention.query.weight.data();
          const { bytes, note } = model;
          model.dispose();
          return { executor: executor.name, bytes, note, asked, ends: [first[0], first.at(-1), last[0], last.at(-1)] };
        },
        [prefer, source] as const,
      );
    /** Damages or removes kept pieces of the weights; how many bytes they are. */
    const damage = () =>
      page.evaluate(async () => {
        const name = (await caches.keys()).find((key) => key.endsWith("/large/model.safetensors"))!;
        const cache = await caches.open(name);
        const pieces = (await cache.keys()).filter(({ url }) => /patchwork=[1-9]\d*-/.test(url));
        const [changed, gone] = [pieces[1]!, pieces[3]!];
        const response = (await cache.match(changed))!;
        const bytes = new Uint8Array(await response.arrayBuffer());
        bytes[1000]! ^= 1;
        await cache.put(changed, new Response(bytes, { headers: response.headers }));
        await cache.delete(gone);
        const length = (url: string) => {
          const [from, to] = /patchwork=(\d+)-(\d+)/.exec(url)!.slice(1).map(Number);
          return to! - from!;
        };
        return { pieces: pieces.length, damaged: length(changed.url) + length(gone.url) };
      });

    test.each(["reference", "webgpu"] as const)("on %s: every byte once", async (prefer) => {
      const { executor, bytes, asked: sizes, ends, note } = await load(prefer);
      expect(executor).toBe(prefer);
      expect(note).toBeUndefined();
      expect(bytes).toBe(weights.length);
      expect(sent).toBe(weights.length);
      expect(sizes).toHaveLength(1);
      expect(sizes[0]).toBeGreaterThan(weights.length - 70_000);
      expect(ends).toEqual(endsOf(weights));
      expect(asked.filter((line) => line === "GET /large/model.safetensors").length).toBeLessThanOrEqual(4);
    });

    test("from another origin, which hides what it says about ranges: no preflight, and kept as well", async () => {
      const elsewhere = `${base.replace("127.0.0.1", "localhost")}/large`;
      const { ends } = await load("reference", elsewhere);
      expect(ends).toEqual(endsOf(weights));
      expect(sent).toBe(weights.length);
      expect(asked.filter((line) => line.startsWith("OPTIONS"))).toEqual([]);
      await page.reload();
      sent = 0;
      expect((await load("reference", elsewhere)).ends).toEqual(ends);
      expect(sent).toBe(0);
    });

    test("the next visit asks for no byte of the weights; damaged pieces are fetched again, and only they", async () => {
      const first = await load();
      await page.reload();
      [asked, sent] = [[], 0];
      expect(await load()).toEqual({ ...first, asked: [] });
      expect(asked.filter((line) => line.startsWith("GET /large/"))).toEqual([]);

      const { pieces, damaged } = await damage();
      expect(pieces).toBeGreaterThan(5);
      await page.reload();
      [asked, sent] = [[], 0];
      expect((await load()).ends).toEqual(first.ends);
      expect(sent).toBe(damaged);
      await page.reload();
      sent = 0;
      expect((await load()).ends).toEqual(first.ends);
      expect(sent).toBe(0);
    });
  });

  test("a missing model is a sentence", async () => {
    const message = await page.evaluate(async () => {
      const { executor } = await engine.openExecutor({ prefer: "reference" });
      return engine.loadModel("nothing", { executor, baseUrl: "/" }).catch((error: Error) => error.message);
    });
    expect(message).toBe("/nothing/config.json: expected a file, got 404 Not Found");
  });
});

/** A ViT of 13 MB in bf16, its numbers counting from layer to layer. Large enough for many pieces. */
function largeViT(): Map<string, Uint8Array> {
  const [D, M, LAYERS] = [512, 1024, 3];
  const shapes: [string, number[]][] = [
    ["vit.embeddings.cls_token", [1, 1, D]],
    ["vit.embeddings.position_embeddings", [1, 5, D]],
    ["vit.embeddings.patch_embeddings.projection.weight", [D, 3, 16, 16]],
    ["vit.embeddings.patch_embeddings.projection.bias", [D]],
  ];
  for (let i = 0; i < LAYERS; i++) {
    const layer = `vit.encoder.layer.${i}`;
    const dense = (name: string, rows: number, columns: number): [string, number[]][] => [
      [`${layer}.${name}.weight`, [rows, columns]],
      [`${layer}.${name}.bias`, [rows]],
    ];
    for (const name of ["query", "key", "value"]) shapes.push(...dense(`attention.attention.${name}`, D, D));
    shapes.push(...dense("attention.output.dense", D, D));
    shapes.push(...dense("intermediate.dense", M, D), ...dense("output.dense", D, M));
    for (const name of ["layernorm_before", "layernorm_after"]) {
      shapes.push([`${layer}.${name}.weight`, [D]], [`${layer}.${name}.bias`, [D]]);
    }
  }
  shapes.push(["vit.layernorm.weight", [D]], ["vit.layernorm.bias", [D]]);
  shapes.push(["classifier.weight", [2, D]], ["classifier.bias", [2]]);

  const header: Record<string, unknown> = {};
  let at = 0;
  for (const [name, shape] of shapes) {
    const end = at + shape.reduce((a, b) => a * b, 2);
    header[name] = { dtype: "BF16", shape, data_offsets: [at, end] };
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  for (let i = 8 + text.length; i < file.length; i++) file[i] = (i * 31) % 127; // never infinite, never NaN
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const sizes = { hidden_size: D, intermediate_size: M, num_hidden_layers: LAYERS, num_attention_heads: 8 };
  return new Map([
    ["/large/config.json", json({ model_type: "vit", image_size: 32, patch_size: 16, ...sizes })],
    ["/large/preprocessor_config.json", json({ size: { height: 32, width: 32 } })],
    ["/large/model.safetensors", file],
  ]);
}

/** The first and last numbers of the first query matrix and of the last output matrix of that file. */
function endsOf(file: Uint8Array): number[] {
  const view = new DataView(file.buffer);
  const dataStart = 8 + Number(view.getBigUint64(0, true));
  type Header = Record<string, { data_offsets: [number, number] }>;
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, dataStart))) as Header;
  const bf16 = (at: number) => {
    const bits = new DataView(new ArrayBuffer(4));
    bits.setUint32(0, view.getUint16(dataStart + at, true) << 16);
    return bits.getFloat32(0);
  };
  return ["vit.encoder.layer.0.attention.attention.query.weight", "vit.encoder.layer.2.output.dense.weight"].flatMap(
    (name) => {
      const [from, to] = header[name]!.data_offsets;
      return [bf16(from), bf16(to - 2)];
    },
  );
}
