/** Random scenes: splits that share nothing, what training never shows, words, and the arrays for training. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  classOf,
  drawScene,
  heldOutStyle,
  isHeldOutPair,
  randomScene,
  sceneTruth,
  splits,
  styles,
  things,
  type Atlas,
  type Item,
  type Scene,
  type ThingItem,
} from "../../lib/scenes";
import { colourName, describeScene } from "../../lib/scenes";
import { builtAtlas } from "./scenes-atlas";

let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
});

const thingsOf = ({ items }: Scene) => items.filter((item): item is ThingItem => item.kind === "thing");
const pairsOf = (scene: Scene) => {
  const names = thingsOf(scene).map(({ thing }) => thing);
  return names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const));
};
const seeds = Array.from({ length: 400 }, (_, seed) => seed);

describe("randomScene", () => {
  test("splits share no scene", () => {
    const all = splits.flatMap((split) =>
      seeds.map((seed) => JSON.stringify(randomScene(seed, { split, styles: ["noto"] }, atlas))),
    );
    expect(new Set(all).size).toBe(all.length);
  }, 20_000);

  test("training never shows the held-out style or a held-out pair; the test split shows such pairs", () => {
    const train = seeds.map((seed) => randomScene(seed, { split: "train", things: [2, 5], augment: true }, atlas));
    expect(train.flatMap(thingsOf).filter(({ style }) => style === heldOutStyle)).toEqual([]);
    expect(train.flatMap(pairsOf).filter(([a, b]) => isHeldOutPair(a, b))).toEqual([]);
    const test = seeds.map((seed) => randomScene(seed, { split: "test", things: [2, 5] }, atlas));
    expect(test.flatMap(pairsOf).filter(([a, b]) => isHeldOutPair(a, b)).length).toBeGreaterThan(50);
    expect(test.flatMap(thingsOf).filter(({ style }) => style === heldOutStyle)).toEqual([]);
    const heldOut = seeds.map((seed) => randomScene(seed, { split: "heldout" }, atlas));
    expect(heldOut.flatMap(thingsOf).filter(({ style }) => style !== heldOutStyle)).toEqual([]);
  });

  test("a held-out pair is one whichever comes first; about a tenth are", () => {
    let held = 0;
    for (const { name: a } of things) {
      for (const { name: b } of things) {
        expect(isHeldOutPair(a, b)).toBe(isHeldOutPair(b, a));
        if (isHeldOutPair(a, b)) held++;
      }
    }
    expect(held / (80 * 79)).toBeGreaterThan(0.08);
    expect(held / (80 * 79)).toBeLessThan(0.12);
  });

  test("every thing and every style come up", () => {
    const items = Array.from({ length: 3000 }, (_, seed) => thingsOf(randomScene(seed, { split: "train" }, atlas))[0]!);
    expect(new Set(items.map(({ thing }) => thing)).size).toBe(80);
    expect(new Set(items.map(({ style }) => style)).size).toBe(styles.length - 1);
    expect(items.every(({ thing, style }) => atlas.has(thing, style))).toBe(true);
  });

  test("a thing alone is 40 to 112 pixels and almost wholly on the picture", () => {
    for (const seed of seeds) {
      const { x, y, size } = thingsOf(randomScene(seed, {}, atlas))[0]!;
      expect(size).toBeGreaterThanOrEqual(40);
      expect(size).toBeLessThanOrEqual(112);
      for (const centre of [x, y]) {
        expect(centre - size / 2).toBeGreaterThanOrEqual(-3);
        expect(centre + size / 2).toBeLessThanOrEqual(131);
      }
    }
  });

  test("only augmented scenes have an appearance, and the same seed without it is not changed by it", () => {
    const appearances = (augment: boolean) =>
      seeds
        .flatMap((seed) => thingsOf(randomScene(seed, { split: "train", augment }, atlas)))
        .filter((item) => item.appearance);
    expect(appearances(false)).toEqual([]);
    expect(appearances(true).length).toBeGreaterThan(300);
    expect(randomScene(5, {}, atlas)).toEqual(randomScene(5, {}, atlas));
  });

  test("an ink can be told from its ground", () => {
    const faint = seeds.filter((seed) => {
      const scene = randomScene(seed, { styles: ["emojione-monotone"] }, atlas);
      const { ground } = scene;
      const ink = thingsOf(scene)[0]!.ink!;
      const behind = ground.kind === "stripes" ? ground.colours[0] : ground.colour;
      return ink.every((channel, c) => Math.abs(channel - behind[c]!) < 40);
    });
    expect(faint).toEqual([]);
  });

  test("says what it cannot make", () => {
    expect(() => randomScene(-1)).toThrow("expected a seed");
    expect(() => randomScene(1, { split: "dev" as "test" })).toThrow(
      'expected a split of train, test, heldout, got "dev"',
    );
    expect(() => randomScene(1, { things: 9 })).toThrow("expected 0 to 8 things, got 9");
    expect(() => randomScene(1, { split: "train", styles: ["noto", "openmoji"] })).toThrow(
      "without openmoji, which is held out",
    );
    expect(() => randomScene(1, { names: ["umbrella"], style: "fxemoji" }, atlas)).toThrow(
      "expected a style that draws umbrella",
    );
    const [a, b] = things.map(({ name }) => name).filter((name) => name === "cat" || isHeldOutPair("cat", name));
    expect(() => randomScene(1, { split: "train", things: 2, names: [a!, b!] })).toThrow(
      "expected 2 things that may be",
    );
    expect(() => classOf("unicorn")).toThrow('got "unicorn"');
  });
});

describe("describeScene", () => {
  const item = (thing: string, x: number, y: number): Item => ({ kind: "thing", thing, style: "noto", x, y, size: 40 });
  const blue: Scene["ground"] = {
    kind: "stripes",
    colours: [
      [190, 205, 250],
      [180, 195, 245],
    ],
    width: 8,
    direction: "down",
  };
  const on = (...items: Item[]) => describeScene({ ground: blue, items });

  test("says what is where", () => {
    expect(on(item("cat", 30, 64), item("apple", 90, 60))).toBe("a cat left of an apple, on pale blue stripes");
    expect(on(item("cat", 90, 64), item("apple", 30, 60))).toBe("a cat right of an apple, on pale blue stripes");
    expect(on(item("grapes", 60, 20), item("owl", 64, 90))).toBe("grapes above an owl, on pale blue stripes");
    expect(on(item("ice cream", 60, 90), item("owl", 64, 20))).toBe("an ice cream below an owl, on pale blue stripes");
    expect(on(item("bee", 90, 9), item("owl", 5, 9), item("key", 50, 9))).toBe(
      "from left to right an owl, a key and a bee, on pale blue stripes",
    );
    expect(on()).toBe("nothing, on pale blue stripes");
    const shape: Item = { kind: "shape", shape: "star", colour: "orange", x: 9, y: 9, size: 9 };
    expect(on(shape)).toBe("an orange star, on pale blue stripes");
    const sign: Item = { kind: "sign", text: "zoo", board: "red", x: 9, y: 9, size: 9 };
    expect(on(sign)).toBe("a red sign that says ZOO, on pale blue stripes");
  });

  test("left is left on the picture: boxes of the drawn pixels agree with the words", () => {
    let compared = 0;
    for (let seed = 0; seed < 60; seed++) {
      const scene = randomScene(seed, { things: 2 }, atlas);
      const [a, b] = sceneTruth(scene, atlas).items.map(({ box }) => box!);
      const words = describeScene(scene);
      if (words.includes("left of") && ++compared) expect(a!.x + a!.width / 2).toBeLessThan(b!.x + b!.width / 2);
      if (words.includes(" above ") && ++compared) expect(a!.y + a!.height / 2).toBeLessThan(b!.y + b!.height / 2);
    }
    expect(compared).toBeGreaterThan(10);
  });

  test("names colours", () => {
    const names = {
      "255,255,255": "white",
      "0,0,0": "black",
      "128,128,128": "grey",
      "210,40,40": "red",
      "20,60,25": "dark green",
    };
    for (const [rgb, name] of Object.entries(names)) {
      expect(colourName(rgb.split(",").map(Number) as unknown as [number, number, number])).toBe(name);
    }
  });
});

describe("npm run scenes", () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const out = mkdtempSync(path.join(tmpdir(), "patchwork-scenes-"));
  afterAll(() => rmSync(out, { recursive: true, force: true }));
  const run = (...flags: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "scripts/scenes.ts", ...flags], { cwd: root, encoding: "utf8" });

  test("writes arrays that are the scenes of their seeds", () => {
    const { status, stderr } = run("--split", "test", "--count", "4", "--from", "10", "--things", "1-3", "--out", out);
    expect(stderr).not.toContain("scenes:");
    expect(status).toBe(0);
    const bytes = (file: string) => new Uint8Array(readFileSync(path.join(out, file)));
    const [pixels, labels, styleIds] = [bytes("pixels.u8"), bytes("labels.u8"), bytes("styles.u8")];
    const patches = new Int16Array(bytes("patches.i16").buffer);
    const lines = readFileSync(path.join(out, "scenes.jsonl"), "utf8").trim().split("\n");
    expect([pixels.length, labels.length, styleIds.length, patches.length, lines.length]).toEqual([
      4 * 128 * 128 * 3,
      4,
      4,
      256,
      4,
    ]);
    for (let i = 0; i < 4; i++) {
      const scene = randomScene(10 + i, { split: "test", things: [1, 3] }, atlas);
      expect(JSON.parse(lines[i]!)).toEqual(scene);
      const rgb = Uint8Array.from(drawScene(scene, atlas).data.filter((_, k) => k % 4 !== 3));
      expect(Buffer.compare(rgb, pixels.subarray(i * rgb.length, (i + 1) * rgb.length))).toBe(0);
      const first = thingsOf(scene)[0]!;
      expect(things[labels[i]!]!.name).toBe(first.thing);
      expect(styles[styleIds[i]!]!.name).toBe(first.style);
      expect(patches.subarray(i * 64, i * 64 + 64)).toEqual(sceneTruth(scene, atlas).patches);
    }
    const meta = JSON.parse(readFileSync(path.join(out, "meta.json"), "utf8")) as { things: string[]; split: string };
    expect(meta).toMatchObject({ split: "test", count: 4, from: 10, size: 128 });
    expect(meta.things).toEqual(things.map(({ name }) => name));
  });

  test.each([
    [["--count", "4"], "expected --split, --count and --out"],
    [["--split", "dev", "--count", "4", "--out", "x"], "expected --split to be train, test, heldout, got dev"],
    [["--split", "test", "--count", "many", "--out", "x"], 'expected --count to be a whole number, got "many"'],
    [["--split", "test", "--count", "4", "--out", "x", "--speed"], "speed"],
  ])("refuses %o", (flags, sentence) => {
    const { status, stderr } = run(...flags);
    expect(stderr).toContain(sentence);
    expect(status).toBe(1);
  });
});
