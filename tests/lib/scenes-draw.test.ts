/** Pictures of scenes and the truth about them. The truth is checked from pixels alone, by a way that shares no code. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  classOf,
  drawScene,
  drawWithTruth,
  randomScene,
  SCENE_SIZE,
  sceneTruth,
  type Atlas,
  type Ground,
  type Item,
  type Scene,
  type SceneOptions,
} from "../../lib/scenes";
import { picturePrint, scenePrint } from "../../lib/scenes";
import { turnOf } from "../../lib/scenes/stamp";
import { builtAtlas } from "./scenes-atlas";

const plain = (value: number): Ground => ({ kind: "plain", colour: [value, value, value] });
const cat: Item = { kind: "thing", thing: "cat", style: "noto", x: 64, y: 64, size: 60 };

let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
});

describe("drawScene", () => {
  const pinned: [seed: number, options: SceneOptions, print: string][] = [
    [1, {}, "d1602594f1839c0a"],
    [2, { split: "train", augment: true }, "16109f259744f96f"],
    [12, { split: "train", augment: true, things: [2, 4] }, "73f323ed540b76d3"],
    [3, { split: "heldout" }, "be51d1732b1a1f51"],
    [4, { things: 4, shapes: 2, signs: 1 }, "163ab9c4dd200e9e"],
  ];
  test.each(pinned)("scene %i of %o has the bytes that it had when the models were trained", (seed, options, print) => {
    const scene = randomScene(seed, options, atlas);
    expect(scenePrint(scene, atlas)).toBe(print);
    expect(scenePrint(JSON.parse(JSON.stringify(scene)) as Scene, atlas)).toBe(print); // stored and read again
  });

  test("a print sees one level of one channel", () => {
    const picture = drawScene({ ground: plain(90), items: [cat] }, atlas);
    const before = picturePrint(picture);
    picture.data[4 * 5000 + 1]! ^= 1;
    expect(picturePrint(picture)).not.toBe(before);
  });

  test("is opaque, 128 pixels square, and leaves the atlas as it was", () => {
    const scene = { ground: plain(90), items: [cat] };
    const first = drawScene(scene, atlas);
    expect(first.data).toHaveLength(SCENE_SIZE * SCENE_SIZE * 4);
    expect(first.data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    drawScene({ ground: plain(9), items: [{ ...cat, appearance: { fade: 1, outline: 4, levels: 3 } }] }, atlas);
    expect(drawScene(scene, atlas).data).toEqual(first.data);
  });

  test("a flip is a mirror image", () => {
    const straight = drawScene({ ground: plain(90), items: [cat] }, atlas).data;
    const flipped = drawScene({ ground: plain(90), items: [{ ...cat, flip: true }] }, atlas).data;
    const off = [];
    for (let y = 0; y < SCENE_SIZE; y++) {
      for (let x = 0; x < SCENE_SIZE; x++) {
        const [a, b] = [straight[(y * SCENE_SIZE + x) * 4]!, flipped[(y * SCENE_SIZE + SCENE_SIZE - 1 - x) * 4]!];
        if (Math.abs(a - b) > 1) off.push([x, y]); // one level: the two add the same parts in another order
      }
    }
    expect(off).toEqual([]);
    expect(straight).not.toEqual(flipped);
  });

  test("a turn is one: cos and sin to six digits, without Math.sin", () => {
    for (let degrees = -90; degrees <= 90; degrees += 7.5) {
      const [cos, sin] = turnOf(degrees);
      expect(cos).toBeCloseTo(Math.cos((degrees * Math.PI) / 180), 5);
      expect(sin).toBeCloseTo(Math.sin((degrees * Math.PI) / 180), 5);
    }
  });

  test("no dark fringe: a shrunk or enlarged drawing on its own colour stays that colour", () => {
    for (const size of [17, 33, 60, 140]) {
      const sun: Item = { kind: "thing", thing: "cloud", style: "fluent-emoji-high-contrast", x: 64, y: 64, size };
      const { data } = drawScene({ ground: plain(200), items: [{ ...sun, ink: [200, 200, 200] }] }, atlas);
      const off = data.filter((value, i) => i % 4 !== 3 && Math.abs(value - 200) > 1);
      expect(off).toHaveLength(0);
    }
  });

  test("says what cannot be drawn", () => {
    const drawn = (item: object) => () => drawScene({ ground: plain(0), items: [{ ...cat, ...item }] }, atlas);
    expect(drawn({ x: NaN })).toThrow("item 0 (thing): expected x to be a number, got NaN");
    expect(drawn({ size: 0 })).toThrow("expected a size from 1 to 512 pixels, got 0");
    expect(drawn({ turn: 91 })).toThrow("expected a turn from -90 to 90 degrees, got 91");
    expect(drawn({ thing: "unicorn" })).toThrow("expected one of the 80 things");
    expect(drawn({ style: "papyrus" })).toThrow("expected one of the styles noto, ");
    expect(drawn({ kind: "shape", shape: "blob", colour: "red" })).toThrow("expected one of circle, square, ");
    expect(drawn({ kind: "shape", shape: "star", colour: "mauve" })).toThrow("expected a colour of red, ");
    expect(drawn({ kind: "cube" })).toThrow("expected an item of kind thing, shape or sign");
    const ground = { kind: "checks" } as unknown as Ground;
    expect(() => drawScene({ ground, items: [] }, atlas)).toThrow("expected a ground of kind plain, stripes or noise");
    expect(drawn({ kind: "sign", text: "", board: "white" })).toThrow("expected 1 to 8 letters A to Z or digits");
    expect(drawn({ kind: "sign", text: "GRÜN", board: "white" })).toThrow('got "GRÜN"');
  });
});

describe("sceneTruth", () => {
  /** How much of each pixel an item covers, 0 to 255, from what is left of black and of white ground behind it. */
  function coverOf(item: Item): Float64Array {
    const on = (value: number) => drawScene({ ground: plain(value), items: [item] }, atlas).data;
    const [black, white] = [on(0), on(255)];
    return Float64Array.from({ length: SCENE_SIZE * SCENE_SIZE }, (_, i) => {
      const left = [0, 1, 2].map((c) => white[i * 4 + c]! - black[i * 4 + c]!);
      return 255 - left.reduce((sum, value) => sum + value, 0) / 3;
    });
  }

  const scenes = Array.from({ length: 12 }, (_, seed) => seed);
  const make = (seed: number) =>
    randomScene(
      seed,
      { split: "train", things: [1, 5], shapes: seed % 3, signs: seed % 2, augment: seed % 2 === 1 },
      atlas,
    );

  test.each(scenes)("scene %i: boxes, owners and patches are those of the pixels", (seed) => {
    const scene = make(seed);
    const truth = sceneTruth(scene, atlas);
    const covers = scene.items.map(coverOf);

    // A pixel whose cover is within a level and a half of one half may go either way.
    const doubtful = (i: number) => covers.some((cover) => Math.abs(cover[i]! - 127.5) < 1.5);
    const owner = Int16Array.from({ length: SCENE_SIZE * SCENE_SIZE }, (_, i) =>
      covers.findLastIndex((cover) => cover[i]! > 127.5),
    );
    expect([...owner.keys()].filter((i) => owner[i] !== truth.owner[i] && !doubtful(i))).toEqual([]);

    covers.forEach((cover, k) => {
      const on = [...cover.keys()].filter((i) => cover[i]! > 127.5);
      const box = truth.items[k]!.box!;
      const xs = on.map((i) => i % SCENE_SIZE);
      const ys = on.map((i) => Math.floor(i / SCENE_SIZE));
      const found = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
      const said = [box.x, box.y, box.x + box.width, box.y + box.height];
      said.forEach((edge, side) => expect(Math.abs(edge - found[side]!)).toBeLessThanOrEqual(1));
      expect(truth.items[k]!.visible).toBeCloseTo(on.filter((i) => owner[i] === k).length / on.length, 1);
    });

    const ids = scene.items.map((item) => (item.kind === "thing" ? classOf(item.thing) : -1));
    for (let patch = 0; patch < 64; patch++) {
      const counts = new Map<number, number>();
      for (let i = 0; i < 256; i++) {
        const pixel = ((patch >> 3) * 16 + (i >> 4)) * SCENE_SIZE + (patch & 7) * 16 + (i & 15);
        const id = truth.owner[pixel]! < 0 ? -1 : ids[truth.owner[pixel]!]!;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      const best = Math.max(0, ...[...counts].filter(([id]) => id >= 0).map(([, count]) => count));
      if (best < 64) expect(truth.patches[patch]).toBe(-1);
      else expect(counts.get(truth.patches[patch]!)).toBe(best);
    }
  });

  test("what lies under something else is less visible, and its box stays whole", () => {
    const lid: Item = { kind: "shape", shape: "square", colour: "red", x: 64, y: 64, size: 50 };
    const alone = sceneTruth({ ground: plain(90), items: [cat] }, atlas).items[0]!;
    const under = sceneTruth({ ground: plain(90), items: [cat, lid] }, atlas).items[0]!;
    expect(alone.visible).toBe(1);
    expect(under.visible).toBeLessThan(0.6);
    expect(under.box).toEqual(alone.box);
  });

  test("an item off the picture has no box", () => {
    const { items, patches } = sceneTruth({ ground: plain(90), items: [{ ...cat, x: 500 }] }, atlas);
    expect(items[0]).toMatchObject({ box: undefined, visible: 0 });
    expect(patches.every((id) => id === -1)).toBe(true);
  });

  test("other patch sizes; one that does not divide 128 is refused", () => {
    const scene = { ground: plain(90), items: [cat] };
    expect(sceneTruth(scene, atlas, { patchSize: 8 }).patches).toHaveLength(256);
    expect(() => sceneTruth(scene, atlas, { patchSize: 12 })).toThrow("expected a patch size that divides 128, got 12");
  });

  test("drawWithTruth is both", () => {
    const scene = make(3);
    const both = drawWithTruth(scene, atlas);
    expect(both.picture.data).toEqual(drawScene(scene, atlas).data);
    expect(both.truth).toEqual(sceneTruth(scene, atlas));
  });

  test("things that are placed at random stay visible", () => {
    const shares = Array.from({ length: 60 }, (_, seed) =>
      sceneTruth(randomScene(seed, { things: 3 }, atlas), atlas).items.map(({ visible }) => visible),
    ).flat();
    expect(Math.min(...shares)).toBeGreaterThan(0.5);
  });
});
