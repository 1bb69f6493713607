/** What loading costs in memory, whatever the model: measured in a process of its own, on a file made on the fly. */
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const LAYERS = 10;
const SIDE = 2048;
const LAYER = SIDE * SIDE * 4; // bytes, of one matrix of f32
const MEGABYTE = 1024 * 1024;

/** 335 MB in ten matrices and twenty: what lies at each byte follows from its place. */
const header = (() => {
  const entries: Record<string, unknown> = {};
  for (let i = 0; i < 2 * LAYERS; i++) {
    entries[`layers.${i}.weight`] = { dtype: "F32", shape: [SIDE, SIDE], data_offsets: [i * LAYER, (i + 1) * LAYER] };
  }
  return new TextEncoder().encode(JSON.stringify(entries));
})();
const start = Buffer.alloc(8 + header.length);
start.writeBigUInt64LE(BigInt(header.length));
start.set(header, 8);
const length = start.length + 2 * LAYERS * LAYER;

let server: Server;
beforeAll(async () => {
  const block = Buffer.alloc(MEGABYTE, 1);
  server = createServer((request, response) => {
    const [from, last] = /(\d+)-(\d+)/.exec(request.headers.range!)!.slice(1).map(Number) as [number, number];
    const to = Math.min(last + 1, length);
    response.writeHead(206, { "content-length": to - from, "content-range": `bytes ${from}-${to - 1}/${length}` });
    let at = from;
    const send = () => {
      while (at < to) {
        const bytes = at < start.length ? start.subarray(at, to) : block.subarray(0, to - at);
        at += bytes.length;
        if (!response.write(bytes)) return response.once("drain", send);
      }
      return response.end();
    };
    send();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Loads the file where nothing stays in JavaScript's memory, as on a GPU; reports how the process grew, in bytes. */
const CHILD = `
  import { loadWeights, openFolder } from "./lib/weights/index.ts";
  const [url, hold] = process.argv.slice(1);
  let written = 0;
  const held = [];
  const executor = {
    allocate: (length, dtype) => ({ length, dtype }),
    async write(storage, at, bytes) {
      written += bytes.length;
      if (hold === "hold") held.push(bytes.slice());
    },
    free() {},
  };
  const shapes = { layers: Array.from({ length: ${2 * LAYERS} }, () => ({ weight: [${SIDE}, ${SIDE}] })) };
  const load = (count) => {
    const only = Array.from({ length: count }, (_, i) => "layers." + i);
    const wanted = { layers: shapes.layers.slice(0, count) };
    const checkpoint = { modelType: "x", files: openFolder(url), executor, dtype: "f32" };
    return loadWeights(checkpoint, wanted, { only });
  };
  await load(1); // what is needed once: code, connections
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 2);
  const loaded = await load(${2 * LAYERS});
  clearInterval(timer);
  console.log(JSON.stringify({ written, bytes: loaded.bytes, grown: peak - before }));
`;

async function measure(mode: "stream" | "hold"): Promise<{ written: number; bytes: number; grown: number }> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", "--import", "tsx", "--input-type=module", "--eval", CHILD, "--", url, mode],
    { cwd: process.cwd(), timeout: 60_000 },
  );
  return JSON.parse(stdout) as { written: number; bytes: number; grown: number };
}

test("a file of 335 MB takes at most 64 MB beside the device's own memory", async () => {
  const { written, bytes, grown } = await measure("stream");
  expect(bytes).toBe(length);
  expect(written).toBe(2 * LAYERS * LAYER + LAYER);
  expect(grown).toBeLessThan(64 * MEGABYTE);
});

test("control: who holds on to the bytes is seen", async () => {
  const { grown } = await measure("hold");
  expect(grown).toBeGreaterThan(300 * MEGABYTE);
});
