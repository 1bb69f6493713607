/** Questions: their English, their balance, what training never says, and doubt. Their truth: scenes-truth.test.ts. */
import { build } from "esbuild";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  companionsOf,
  drawWithTruth,
  hardNegatives,
  heldOutStyle,
  isHeldOutPair,
  isHeldOutText,
  mixedScene,
  pluralOf,
  popularThings,
  questionKinds,
  questionsOf,
  sceneFacts,
  sceneWords,
  splits,
  things,
  wordsOf,
  type Atlas,
  type ColourName,
  type Item,
  type Question,
  type Scene,
  type ShapeName,
} from "../../lib/scenes";
import { launchBrowser } from "../browser";
import { builtAtlas } from "./scenes-atlas";

let atlas: Atlas;
beforeAll(async () => {
  atlas = await builtAtlas();
});

const COUNT = 3000;
/** From places and sizes alone: fast, and the same rules. */
const toldScenes = Array.from({ length: COUNT }, (_, seed) => {
  const split = splits[seed % 3]!;
  const scene = mixedScene(seed, { split });
  return { seed, split, scene, questions: questionsOf(sceneFacts(scene), seed, { split }) };
});
const all = toldScenes.flatMap(({ questions }) => questions);

const thing = (name: string, x: number, y: number, size = 40): Item => ({
  kind: "thing",
  thing: name,
  style: "noto",
  x,
  y,
  size,
});
const onGrey = (...items: Item[]): Scene => ({ ground: { kind: "plain", colour: [150, 150, 150] }, items });
function asked(scene: Scene): Question[] {
  const facts = sceneFacts(scene, drawWithTruth(scene, atlas));
  return Array.from({ length: 40 }, (_, seed) => questionsOf(facts, seed)).flat();
}

describe("English", () => {
  test("articles, numbers, verbs, marks", () => {
    for (const { question, answer } of all) {
      expect(question).toMatch(/^[A-Z].*[?]$|^Read the sign\.$/);
      expect(question).not.toMatch(/\ba [aeiou]|\ban [^aeiou]|  |[{}]|undefined/i);
      expect(question).not.toMatch(
        /\ban? (grapes|cherries|fries|scissors|corn|cheese)\b|\bis the (grapes|cherries|fries|scissors)\b/i,
      );
      expect(question).not.toMatch(/is there any (grapes|cherries|fries|scissors)|are there any (corn|cheese)/i);
      expect(answer).toMatch(/^[a-zA-Z0-9]+( [a-z]+){0,2}$/);
    }
  });

  test("plurals", () => {
    const irregular = {
      fish: "fish",
      snowman: "snowmen",
      butterfly: "butterflies",
      strawberry: "strawberries",
      fox: "foxes",
    };
    const others = {
      bus: "buses",
      octopus: "octopuses",
      cactus: "cactuses",
      monkey: "monkeys",
      key: "keys",
      cross: "crosses",
    };
    for (const [one, many] of Object.entries({
      ...irregular,
      ...others,
      corn: "corn",
      grapes: "grapes",
      "ice cream": "ice creams",
    })) {
      expect(pluralOf(one)).toBe(many);
    }
  });

  test("all words are in the vocabulary, and the vocabulary has hardly more", () => {
    const said = new Set(all.flatMap(({ question, answer }) => wordsOf(`${question} ${answer}`)));
    expect([...said].filter((word) => !sceneWords.includes(word))).toEqual([]);
    expect(sceneWords.length).toBeLessThan(500);
    expect(new Set(sceneWords).size).toBe(sceneWords.length);
  });
});

describe("balance", () => {
  /** The share that the best answer gets that never looks. */
  const constant = (questions: readonly Question[]) => {
    const counts = new Map<string, number>();
    for (const { answer } of questions) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const [answer, count] = [...counts].sort((a, b) => b[1] - a[1])[0]!;
    return { answer, share: count / questions.length };
  };
  const limits = {
    what: 0.1,
    "is there": 0.54,
    "how many": 0.3,
    where: 0.33,
    colour: 0.33,
    size: 0.25,
    read: 0.12,
    "odd one out": 0.1,
  };

  test.each(questionKinds)("%s: no constant answer is good", (kind) => {
    const questions = all.filter((question) => question.kind === kind);
    expect(questions.length).toBeGreaterThan(100);
    const { answer, share } = constant(questions);
    expect(share, `always ${answer}`).toBeLessThan(limits[kind]);
  });

  test("yes is as frequent as no, the first choice as right as the second, however it is asked", () => {
    for (const kind of questionKinds) {
      const closed = all.filter((question) => question.kind === kind && question.choices?.includes("yes"));
      if (closed.length < 100) continue;
      const yes = closed.filter(({ answer }) => answer === "yes").length / closed.length;
      expect(Math.abs(yes - 0.5), `${kind}: ${yes}`).toBeLessThan(0.08);
    }
    const pairs = all.filter(({ kind, choices }) => kind === "size" && choices?.length === 2 && choices[0] !== "yes");
    const first = pairs.filter(({ answer, choices }) => choices![0] === answer).length / pairs.length;
    expect(Math.abs(first - 0.5)).toBeLessThan(0.08);
  });

  test("every hard negative comes up, and is what it is called", () => {
    const negatives = toldScenes.flatMap(({ questions, scene }) =>
      questions.filter(({ kind, hard }) => kind === "is there" && hard).map((question) => ({ ...question, scene })),
    );
    for (const hard of hardNegatives) {
      expect(negatives.filter((one) => one.hard === hard).length, hard).toBeGreaterThan(COUNT / 100);
    }
    for (const { question, hard, scene } of negatives) {
      const name = question.match(/\b(?:an?|any) ([a-z ]+?)(?: in the picture)?\?$/)![1]!;
      const there = scene.items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
      if (hard === "popular") expect(popularThings).toContain(name);
      if (hard === "adversarial")
        expect(
          there.some((other) => companionsOf(other).includes(name)),
          question,
        ).toBe(true);
      expect(there).not.toContain(name);
    }
  });

  test("popular things are shown more, companions are shown together more than others", () => {
    const shown = toldScenes.map(
      ({ scene }) => new Set(scene.items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []))),
    );
    const count = (names: readonly string[]) =>
      shown.reduce((sum, set) => sum + names.filter((name) => set.has(name)).length, 0) / names.length;
    const rest = things.map(({ name }) => name).filter((name) => !popularThings.includes(name));
    expect(count(popularThings)).toBeGreaterThan(1.2 * count(rest));
    const met = shown.flatMap((set) =>
      [...set].flatMap((a) => [...set].filter((b) => a < b).map((b) => companionsOf(a).includes(b))),
    );
    const pairs = things.flatMap(({ name: a }) =>
      things.filter(({ name: b }) => a < b).map(({ name: b }) => companionsOf(a).includes(b)),
    );
    expect(met.filter(Boolean).length / met.length).toBeGreaterThan((2 * pairs.filter(Boolean).length) / pairs.length);
  });
});

describe("doubt", () => {
  const square = (x: number, y: number, size: number): Item => ({
    kind: "shape",
    shape: "square",
    colour: "black",
    x,
    y,
    size,
  });

  test("what is half covered is neither asked about nor counted, nor is anything that depends on it", () => {
    const half = asked(
      onGrey(thing("cat", 30, 64), thing("cat", 96, 64), thing("dog", 64, 20, 30), square(108, 64, 30)),
    );
    expect(
      half.filter(({ question }) => /\bcats\b|the cat|animal|odd/i.test(question)).map(({ question }) => question),
    ).toEqual([]);
    expect(half.some(({ question }) => /\bdog\b/.test(question))).toBe(true);
    const clear = asked(onGrey(thing("cat", 30, 64), thing("cat", 96, 64), thing("dog", 64, 20, 30)));
    expect(clear.filter(({ question }) => /cats/.test(question)).every(({ answer }) => answer === "two")).toBe(true);
    expect(clear.some(({ question }) => /cats/.test(question))).toBe(true);
  });

  test("what is wholly covered is not there", () => {
    const hidden = asked(
      onGrey(thing("owl", 96, 64, 20), thing("cat", 30, 64), thing("cat", 30, 110, 30), square(96, 64, 40)),
    );
    expect(hidden.filter(({ question }) => /\bowl/.test(question) && !/no|zero/.test(question))).toEqual(
      hidden.filter(({ question, answer }) => /\bowl/.test(question) && /^(no|zero)$/.test(answer)),
    );
    expect(
      hidden.filter(({ question }) => /how many cats/i.test(question)).every(({ answer }) => answer === "two"),
    ).toBe(true);
  });

  test("a shape in the ground's colour, a diagonal, sizes that are nearly equal, a small sign: not asked", () => {
    const white = {
      ...onGrey({ ...square(64, 64, 40), colour: "white" } as Item),
      ground: { kind: "plain", colour: [248, 248, 248] },
    } as Scene;
    expect(asked(white).filter(({ question }) => /square|white/.test(question))).toEqual([]);
    const diagonal = asked(onGrey(thing("cat", 30, 30), thing("dog", 90, 90)));
    expect(diagonal.filter(({ kind, answer }) => kind === "where" && answer !== "no")).toEqual([]);
    expect(diagonal.filter(({ kind }) => kind === "size")).toEqual([]);
    const sign: Item = { kind: "sign", text: "TAXI", board: "white", x: 64, y: 64, size: 32 };
    expect(asked(onGrey(sign)).filter(({ kind }) => kind === "read")).toEqual([]);
    expect(asked(onGrey({ ...sign, size: 60 })).filter(({ kind }) => kind === "read").length).toBeGreaterThan(10);
  });

  test("an odd shape among colours that differ too: not asked; among equal colours: asked", () => {
    const row = (...names: [ColourName, ShapeName][]) =>
      names.map(([colour, shape], i): Item => ({ kind: "shape", colour, shape, x: 20 + 30 * i, y: 64, size: 24 }));
    const odd = (scene: Scene) => asked(scene).filter(({ kind }) => kind === "odd one out");
    expect(odd(onGrey(...row(["red", "circle"], ["red", "circle"], ["blue", "star"], ["green", "circle"])))).toEqual(
      [],
    );
    const clear = odd(onGrey(...row(["red", "circle"], ["red", "circle"], ["red", "star"], ["red", "circle"])));
    expect(new Set(clear.map(({ answer }) => answer))).toEqual(new Set(["red star"]));
  });
});

describe("held out", () => {
  const names = things.map(({ name }) => name).sort((a, b) => b.length - a.length);
  const thingsIn = (text: string) => {
    let rest = text;
    return names.filter((name) => {
      const before = rest;
      rest = rest.replace(new RegExp(`\\b(${name}|${pluralOf(name)})\\b`, "gi"), "");
      return rest !== before;
    });
  };

  test("training shows and asks of no held-out pair, style or text", () => {
    for (const { scene, questions, split } of toldScenes) {
      if (split !== "train") continue;
      const there = scene.items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
      expect(scene.items.some((item) => item.kind === "thing" && item.style === heldOutStyle)).toBe(false);
      for (const { question, answer } of questions) {
        const told = [...new Set([...there, ...thingsIn(`${question} ${answer}`)])];
        for (const a of told)
          for (const b of told) expect(isHeldOutPair(a, b), `${question} in ${there.join()}`).toBe(false);
        for (const word of wordsOf(question + answer))
          if (/^[A-Z]{2,}$|^\d+$/.test(word)) expect(isHeldOutText(word)).toBe(false);
      }
    }
  });

  test("a composition split shows a held-out pair in each scene; the held-out split only its style", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { items } = mixedScene(seed, { split: "test", pairs: "heldout" });
      const there = items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
      expect(there.some((a) => there.some((b) => isHeldOutPair(a, b)))).toBe(true);
      const drawn = mixedScene(seed, { split: "heldout" }).items.filter((item) => item.kind === "thing");
      expect(drawn.every((item) => item.kind === "thing" && item.style === heldOutStyle)).toBe(true);
    }
    expect(() => mixedScene(1, { split: "train", pairs: "heldout" })).toThrow("expected test or heldout scenes");
  });
});

test("Node and a browser say the same", async () => {
  const entry = `import { mixedScene, sceneFacts, questionsOf, captionOf, noisyCaption } from "./lib/scenes";
    globalThis.say = () => Array.from({ length: 150 }, (_, seed) => {
      const facts = sceneFacts(mixedScene(seed));
      return [questionsOf(facts, seed, { perKind: 2 }), captionOf(facts, seed), noisyCaption(facts, seed)];
    });`;
  const root = path.resolve(import.meta.dirname, "../..");
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root },
    bundle: true,
    write: false,
    format: "iife",
  });
  const code = outputFiles[0]!.text;
  const browser = await launchBrowser({ webgpu: false });
  const page = await browser.newPage();
  const there = await page.evaluate(`${code}; JSON.stringify(say())`);
  await browser.close();
  const here = (0, eval)(`${code}; JSON.stringify(say())`) as string;
  expect(here.length).toBeGreaterThan(10_000);
  expect(there).toBe(here);
});
