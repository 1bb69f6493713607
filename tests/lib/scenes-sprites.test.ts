/** The vocabulary, the styles and their sprites. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { decode } from "fast-png";
import { beforeAll, describe, expect, test } from "vitest";
import {
  atlasHashes,
  heldOutStyle,
  loadAtlas,
  SPRITE_CONTENT,
  styles,
  things,
  trainingStyles,
  type Atlas,
} from "../../lib/scenes";
import { encodePng } from "../../scripts/png";
import { builtAtlas, sprites } from "./scenes-atlas";

const read = (file: string) => readFile(path.join(sprites, file));
const whole = ["noto", "twemoji", "fluent-emoji-flat", "fluent-emoji", "emojione", "openmoji"] as const;

let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
});

describe("vocabulary", () => {
  test("80 things; a class id is for ever, so the order is pinned", () => {
    expect(things).toHaveLength(80);
    expect(new Set(things.map(({ name }) => name)).size).toBe(80);
    const order = createHash("sha256")
      .update(things.map(({ name }) => name).join())
      .digest("hex");
    expect(order.slice(0, 16)).toBe("3d918cdb13cdd3fa");
  });

  test("OpenMoji is no training style", () => {
    expect(heldOutStyle).toBe("openmoji");
    expect(trainingStyles).not.toContain(heldOutStyle);
    expect(trainingStyles).toHaveLength(styles.length - 1);
  });
});

describe("atlas", () => {
  test.each(styles.map(({ name }) => name))("%s has the committed pixels", async (style) => {
    const { data } = decode(await read(`${style}.png`));
    expect(createHash("sha256").update(data).digest("hex")).toBe(atlasHashes[style]);
  });

  test("every sprite that a style has shows something, as large as it should be", () => {
    const wrong: string[] = [];
    for (const { name: style } of styles) {
      for (const { name: thing } of things) {
        if (!atlas.has(thing, style)) continue;
        const { covered, longer } = extent(atlas.straight(thing, style));
        // The first drawing, from which the box is measured, has a grain of 1/256 of the icon.
        if (covered < 250 || Math.abs(longer - SPRITE_CONTENT) > 3)
          wrong.push(`${style}/${thing}: ${covered}, ${longer}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([...whole, "noto-v1", "fluent-emoji-high-contrast", "emojione-monotone"] as const)(
    "%s has all 80",
    (style) => {
      expect(things.filter(({ name }) => !atlas.has(name, style))).toEqual([]);
    },
  );

  test("each thing is drawn differently in each coloured style", () => {
    for (const { name } of things) {
      const prints = whole.map((style) => createHash("sha256").update(atlas.straight(name, style).data).digest("hex"));
      expect(new Set(prints).size).toBe(whole.length);
    }
  });

  test("loads only the styles asked for, and says which those are", async () => {
    const files: string[] = [];
    const small = await loadAtlas(
      (file) => {
        files.push(file);
        return read(file);
      },
      ["twemoji"],
    );
    expect(files).toEqual(["atlas.json", "twemoji.png"]);
    expect(() => small.sprite("cat", "noto")).toThrow("expected one of the loaded styles twemoji, got noto");
  });

  test("says what is wrong with a file", async () => {
    const broken = async (file: string) => {
      if (file !== "atlas.json") return encodePng(2, 2, new Uint8Array(16)).subarray(0, 30);
      return read(file);
    };
    await expect(loadAtlas(broken, ["noto"])).rejects.toThrow();
    const foreign = () => Promise.resolve(new TextEncoder().encode(JSON.stringify({ things: ["cat"], styles: {} })));
    await expect(loadAtlas(foreign, ["noto"])).rejects.toThrow("run npm run atlas");
    await expect(loadAtlas(read, ["papyrus" as "noto"])).rejects.toThrow("expected one of the styles noto, ");
    const missing = things.find(({ name }) => !atlas.has(name, "streamline-emojis"))!.name;
    expect(() => atlas.sprite(missing, "streamline-emojis")).toThrow("choose another style");
  });

  test("credits every style", async () => {
    const index = JSON.parse((await read("atlas.json")).toString()) as {
      styles: Record<string, Record<string, unknown>>;
    };
    const notice = await readFile(path.join(sprites, "../../NOTICE"), "utf8");
    for (const style of styles) {
      const entry = index.styles[style.name]!;
      expect(entry).toMatchObject({ author: style.author, licence: style.licence, url: style.url });
      for (const credit of [
        style.title,
        style.author,
        style.licence,
        style.url,
        `@iconify-json/${style.name} ${entry.version as string}`,
      ]) {
        expect(notice).toContain(credit);
      }
    }
  });
});

test("encodePng writes what fast-png reads back, with each of the five filters", () => {
  const [width, height] = [16, 6];
  const pixels = new Uint8Array(width * height * 4);
  const at = (x: number, y: number) => (x < 0 || y < 0 ? 0 : pixels[(y * width + x) * 4]!);
  const rows: ((x: number, y: number) => number)[] = [
    (x) => (x % 2 ? 3 : 250), // near zero, and far from its neighbours: no filter
    (x) => 20 + x * 13, // a ramp: the left
    (x, y) => at(x, y - 1), // the same again: above
    (x, y) => ((at(x - 1, y) + at(x, y - 1)) >> 1) + (x % 3), // between the two: their mean
    (x) => (x < 8 ? 30 : 200), // a corner, and in the next row its continuation: Paeth
    (x, y) => Math.max(at(x - 1, y), at(x, y - 1)) + (x === 3 ? 40 : 0),
  ];
  rows.forEach((row, y) => {
    for (let x = 0; x < width; x++) pixels.fill(row(x, y), (y * width + x) * 4, (y * width + x + 1) * 4);
  });
  const png = encodePng(width, height, pixels);
  expect([...decode(png).data]).toEqual([...pixels]);
  const [start, length] = [41, new DataView(png.buffer, png.byteOffset).getUint32(33)]; // after the signature and IHDR
  const packed = inflateSync(png.subarray(start, start + length));
  const filters = rows.map((_, y) => packed[y * (width * 4 + 1)]);
  expect([...new Set(filters)].sort()).toEqual([0, 1, 2, 3, 4]);
});

/** How many pixels are more than half covered, and the longer side of what is covered at all. */
function extent({ side, data }: { side: number; data: Uint8Array }) {
  let covered = 0;
  let [left, right, top, bottom] = [side, 0, side, 0];
  for (let i = 0; i < side * side; i++) {
    const alpha = data[i * 4 + 3]!;
    if (alpha > 127) covered++;
    if (alpha < 16) continue;
    left = Math.min(left, i % side);
    right = Math.max(right, (i % side) + 1);
    top = Math.min(top, Math.floor(i / side));
    bottom = Math.max(bottom, Math.floor(i / side) + 1);
  }
  return { covered, longer: Math.max(right - left, bottom - top) };
}
