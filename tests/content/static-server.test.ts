/** What `npm start` serves, over HTTP: types, caching, ranges, lengths, and the pages for what is not there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveStatic, type StaticServer } from "../../scripts/static-server";

const dir = mkdtempSync(join(tmpdir(), "site-"));
let server: StaticServer;
const get = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);

beforeAll(async () => {
  for (const folder of ["course", "_next/static/chunks", "models"]) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "index.html"), "home");
  writeFileSync(join(dir, "404.html"), "no such page");
  writeFileSync(join(dir, "course/index.html"), "map");
  writeFileSync(join(dir, "_next/static/chunks/a1.js"), "1");
  writeFileSync(join(dir, "models/m.safetensors"), new Uint8Array(1000).fill(7));
  writeFileSync(join(dir, ".built-from"), "secret");
  server = await serveStatic(dir, 0);
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

test("pages, with and without the slash at their end", async () => {
  expect(await (await get("/")).text()).toBe("home");
  const map = await get("/course?x=1");
  expect([await map.text(), map.url]).toEqual(["map", `${server.url}course/?x=1`]);
  expect(map.headers.get("cache-control")).toBe("no-cache");
});

test("a checkpoint has its type and its length, and can be read in ranges", async () => {
  const whole = await get("/models/m.safetensors");
  expect(whole.headers.get("content-type")).toBe("application/octet-stream");
  expect(whole.headers.get("content-length")).toBe("1000");
  expect(whole.headers.get("content-encoding")).toBeNull();
  const part = await get("/models/m.safetensors", { headers: { Range: "bytes=10-19" } });
  expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10]);
});

test("what has a hash in its name is kept for ever", async () => {
  const script = await get("/_next/static/chunks/a1.js");
  expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(script.headers.get("content-type")).toMatch(/^text\/javascript/);
});

test("what is not there gets the course's own page, and hidden files stay hidden", async () => {
  for (const path of ["/nothing/", "/.built-from", "/..%2f..%2fetc/passwd"]) {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([404, "no such page"]);
  }
});

test("a busy port is refused with its code", async () => {
  await expect(serveStatic(dir, Number(new URL(server.url).port))).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("a folder without a site is refused with a sentence", async () => {
  await expect(serveStatic(join(dir, "models"), 0)).rejects.toThrow("expected a built site");
});
