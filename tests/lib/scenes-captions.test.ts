/** Captions are true, and noisy ones are what they are marked as: read word by word and held against what a judge saw. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  captionOf,
  drawWithTruth,
  isHeldOutPair,
  isHeldOutText,
  mixedScene,
  noises,
  noisyCaption,
  sceneFacts,
  sceneWords,
  splits,
  things,
  wordsOf,
  type Atlas,
  type Facts,
  type Scene,
  type Split,
} from "../../lib/scenes";
import { know } from "./scenes-answers";
import { builtAtlas } from "./scenes-atlas";
import { covered, observe } from "./scenes-judge";

type Sample = {
  seed: number;
  split: Split;
  scene: Scene;
  facts: Facts;
  known: ReturnType<typeof know>;
  strict: ReturnType<typeof know>;
};
let samples: Sample[];
let atlas: Atlas;

beforeAll(async () => {
  atlas = await builtAtlas();
  samples = Array.from({ length: 150 }, (_, seed) => {
    const split = splits[seed % 3]!;
    const scene = covered(mixedScene(seed, { split }, atlas), seed);
    const facts = sceneFacts(scene, drawWithTruth(scene, atlas));
    const observed = observe(scene, atlas);
    return { seed, split, scene, facts, known: know(observed, atlas, 0.08), strict: know(observed, atlas, 0.58) };
  });
}, 120_000);

const counts = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight"];
const names = things.map(({ name }) => name).sort((a, b) => b.length - a.length);
const noun = `(?:(?:\\w+) (?:circle|square|triangle|diamond|star|cross|sign)(?:e?s)?|${names
  .flatMap((name) => [`${name}s`, `${name}es`, name.replace(/y$/, "ies"), name.replace(/man$/, "men"), name])
  .sort((a, b) => b.length - a.length)
  .join("|")})`;
const phrase = `(?:(?:an?|some|${counts.join("|")}) ${noun}\\b(?: that says [A-Z0-9]+)?)`;

type Said = { count: number | undefined; noun: string; text: string | undefined };

function parse(said: string): Said {
  const [, article, words, text] = said.match(/^(\w+) (.+?)(?: that says (\w+))?$/)!;
  const number = counts.indexOf(article!.toLowerCase());
  const count = number >= 0 ? number : article!.toLowerCase() === "some" ? undefined : 1;
  return { count, noun: words!.toLowerCase(), text };
}

/** What in a caption is not so; empty for a true one. Leaves nothing unread but the words around the phrases. */
function mistakes(caption: string, { known, scene }: Sample): string[] {
  const wrong: string[] = [];
  const find = (words: string) => {
    const singular = [
      words,
      words.replace(/s$/, ""),
      words.replace(/es$/, ""),
      words.replace(/ies$/, "y"),
      words.replace(/men$/, "man"),
    ];
    return known.filter((one) => singular.includes(one.kind === "sign" ? `${one.colour} sign` : one.name));
  };
  const said = (caption.match(new RegExp(phrase, "gi")) ?? []).map(parse);
  if (said.length === 0 && !/nothing|empty/i.test(caption)) wrong.push("nothing was understood");
  for (const { count, noun: words, text } of said) {
    const found = find(words);
    if (count === undefined ? found.length === 0 : found.length !== count) wrong.push(`${words}: ${found.length}`);
    const [sign] = found;
    if (text && sign?.seen.item.kind === "sign" && sign.seen.item.text !== text) wrong.push(text);
  }
  const related = caption.match(
    new RegExp(`(${phrase}) (?:is |are )?(left of|right of|above|below|next to) (${phrase})`, "i"),
  );
  if (related) {
    const [a] = find(parse(related[1]!).noun);
    const [b] = find(parse(related[3]!).noun);
    const true_ = {
      "left of": a && b && a.x < b.x,
      "right of": a && b && a.x > b.x,
      above: a && b && a.y < b.y,
      below: a && b && a.y > b.y,
    };
    if (related[2] !== "next to" && !true_[related[2] as "above"]) wrong.push(related[0]);
  }
  const larger = caption.match(/\. The ([a-z ]+?) looks (larger|smaller) than the ([a-z ]+?)\./);
  if (larger) {
    const [a, b] = [larger[1]!, larger[3]!].map((words) => known.find(({ name }) => name === words.toLowerCase()));
    if (!a || !b || a.area > b.area !== (larger[2] === "larger")) wrong.push(larger[0]);
  }
  const order = caption.match(/from left to right(?: there (?:is|are))?:? (.+?)(?: on an? |\.)/i);
  const inOrder = order
    ? (order[1]!.match(new RegExp(phrase, "gi")) ?? []).flatMap((words) => find(parse(words).noun)[0] ?? [])
    : [];
  if (inOrder.some((one, i) => i > 0 && !(inOrder[i - 1]!.x < one.x))) wrong.push(order![0]);
  const pattern = caption.match(/(plain|striped|speckled)[a-z ]* ground/)?.[1];
  if (pattern && { plain: "plain", striped: "stripes", speckled: "noise" }[pattern] !== scene.ground.kind)
    wrong.push(pattern);
  return wrong;
}

describe("captions", () => {
  test("say nothing that the judge does not see", () => {
    for (const sample of samples) {
      for (let k = 0; k < 4; k++) {
        const caption = captionOf(sample.facts, sample.seed * 10 + k);
        expect(mistakes(caption, sample), `scene ${sample.seed}: ${caption}`).toEqual([]);
        // Whoever sees less of what is half covered finds it true as well.
        const { strict } = sample;
        expect(mistakes(caption, { ...sample, known: strict }), `scene ${sample.seed}: ${caption}`).toEqual([]);
      }
    }
  });

  test("are English: articles, one space, a capital, a full stop", () => {
    const shapes = new Set<string>();
    for (const { facts, seed } of samples) {
      for (let k = 0; k < 4; k++) {
        const caption = captionOf(facts, seed * 10 + k);
        expect(caption).toMatch(/^[A-Z].*\.$/);
        expect(caption).not.toMatch(
          /\ba [aeiou]|\ban [^aeiou]|  |[{}]|undefined|\ba (grapes|cherries|fries|scissors|corn|cheese)\b/i,
        );
        expect(caption).not.toMatch(/\bis (two|three|four|five|six|some (grapes|cherries|fries|scissors))\b/i);
        if (!/left to right/.test(caption)) expect(caption).not.toMatch(/\bare (an? |some (corn|cheese))/i);
        shapes.add(
          caption
            .split(" ")
            .slice(0, 3)
            .map((word) => (names.includes(word) ? "…" : word))
            .join(" "),
        );
      }
    }
    expect(shapes.size).toBeGreaterThan(30);
  });

  test("the same facts and seed give the same words; another seed gives others", () => {
    const { facts } = samples.find((sample) => sample.facts.clear.length > 2)!;
    expect(captionOf(facts, 5)).toBe(captionOf(facts, 5));
    expect(noisyCaption(facts, 5)).toEqual(noisyCaption(facts, 5));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => captionOf(facts, seed))).size).toBeGreaterThan(5);
  });
});

describe("noisy captions", () => {
  test("wrong ones are wrong, partial ones are true, shuffled ones have the words, at the rate that was asked for", () => {
    const found = new Map<string, number>();
    let partial = 0;
    for (const sample of samples) {
      for (let k = 0; k < 4; k++) {
        const { text, noise } = noisyCaption(sample.facts, sample.seed * 10 + k, { rate: 0.4, split: sample.split });
        found.set(noise, (found.get(noise) ?? 0) + 1);
        const wrong = noise === "shuffled" ? [] : mistakes(text, sample);
        const where = `scene ${sample.seed}, ${noise}: ${text}`;
        if (noise === "none" || noise === "partial") expect(wrong, where).toEqual([]);
        if (noise === "wrong" || noise === "unrelated") expect(wrong.length, where).toBeGreaterThan(0);
        if (noise === "partial" && ++partial) {
          expect((text.match(new RegExp(phrase, "gi")) ?? []).length).toBeLessThan(
            new Set(sample.known.map((o) => o.name)).size,
          );
        }
        if (noise === "shuffled") expect(text).not.toMatch(/[.,:]/);
      }
    }
    const total = samples.length * 4;
    expect(1 - found.get("none")! / total).toBeGreaterThan(0.35);
    expect(1 - found.get("none")! / total).toBeLessThan(0.45);
    for (const noise of noises) expect(found.get(noise)! / total, noise).toBeGreaterThan(0.05);
  });

  test("a rate of 0 is the truth, of 1 none of it is left alone; others are refused", () => {
    for (const { facts, seed } of samples.slice(0, 50)) {
      expect(noisyCaption(facts, seed, { rate: 0 }).noise).toBe("none");
      expect(noisyCaption(facts, seed, { rate: 1 }).noise).not.toBe("none");
    }
    expect(() => noisyCaption(samples[0]!.facts, 1, { rate: 2 })).toThrow("expected a rate from 0 to 1, got 2");
  });

  test("in training, no caption names a held-out pair or a held-out text", () => {
    for (let seed = 0; seed < 1500; seed++) {
      const facts = sceneFacts(mixedScene(seed, { split: "train" }));
      for (const text of [captionOf(facts, seed), noisyCaption(facts, seed, { rate: 0.9, split: "train" }).text]) {
        const told = thingsIn(text);
        for (const a of told) for (const b of told) expect(isHeldOutPair(a, b), `${seed}: ${text}`).toBe(false);
        const sign = text.match(/says ([A-Z0-9]+)/)?.[1];
        if (sign) expect(isHeldOutText(sign), text).toBe(false);
      }
    }
  });

  test("all words are in the vocabulary", () => {
    const words = new Set(sceneWords);
    for (let seed = 0; seed < 1500; seed++) {
      const facts = sceneFacts(mixedScene(seed, { split: splits[seed % 3]! }));
      const texts = [captionOf(facts, seed), noisyCaption(facts, seed, { rate: 1 }).text];
      expect(texts.flatMap(wordsOf).filter((word) => !words.has(word))).toEqual([]);
    }
  });
});

/** Things by their whole names, long ones first; plurals too. */
function thingsIn(text: string): string[] {
  let rest = text;
  return names.filter((name) => {
    const before = rest;
    rest = rest.replace(
      new RegExp(`\\b(${name}|${name.replace(/y$/, "ie").replace(/man$/, "men")})(e?s)?\\b`, "g"),
      "",
    );
    return rest !== before;
  });
}
