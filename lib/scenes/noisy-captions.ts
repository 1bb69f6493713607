/**
 * Captions as the web has them: at a stated rate they say something wrong, or only a part, or words without order, or they
 * belong to another picture. Each says what was done to it. For the noisy stage of pretraining, and to measure what it costs.
 */
import { captionPlan, captionText, type CaptionPlan, type Mention } from "./captions";
import { sceneFacts, type Facts } from "./facts";
import { mixedScene } from "./mixed-scene";
import { random, shuffled, type Random } from "./random";
import { isHeldOutPair, splits, type Split } from "./random-scene";
import { shapeColours, type ColourName } from "./scene";
import { alsoShows, companionsOf } from "./settings";
import { isHeldOutText, signTexts } from "./sign-text";
import { things } from "./things";

export const noises = ["wrong", "partial", "shuffled", "unrelated"] as const;
export type Noise = (typeof noises)[number];

export type NoisyCaption = {
  text: string;
  /** What was done; `none` if it is true and whole. */
  noise: Noise | "none";
};

export type NoisyOptions = {
  /** The share of captions with noise, 0 to 1; each kind is as frequent as the others. 0.5 by default. */
  rate?: number;
  /** The scene's split. `test` by default. In `train`, no held-out pair and no held-out text is ever named. */
  split?: Split;
};

/** A caption with noise at a rate. Where a noise cannot be had (nothing to leave out), another one is taken. */
export function noisyCaption(facts: Facts, seed: number, options: NoisyOptions = {}): NoisyCaption {
  const { rate = 0.5, split = "test" } = options;
  if (!(rate >= 0 && rate <= 1)) throw new Error(`noisyCaption: expected a rate from 0 to 1, got ${String(rate)}`);
  const r = random(seed, 71 + splits.indexOf(split));
  const plan = captionPlan(facts, r);
  if (!r.chance(rate)) return { text: captionText(plan, r), noise: "none" };
  for (const noise of shuffled(r, noises)) {
    const text = spoil[noise](plan, r, facts, split);
    if (text) return { text, noise };
  }
  throw new Error("noisyCaption: expected some noise to be possible, got none"); // another picture's caption always is
}

type Spoiler = (plan: CaptionPlan, r: Random, facts: Facts, split: Split) => string | undefined;

const spoil: Record<Noise, Spoiler> = {
  wrong(plan, r, facts, split) {
    for (const change of shuffled(r, [wrongThing, wrongColour, wrongCount, wrongRelation, wrongText])) {
      const wrong = change(plan, r, facts, split);
      if (wrong) return captionText(wrong, r);
    }
    return undefined;
  },
  partial(plan, r) {
    if (plan.mentions.length < 2) return undefined;
    const kept = shuffled(r, plan.mentions).slice(0, Math.ceil(plan.mentions.length / 2));
    return captionText({ mentions: kept, ground: plan.ground }, r);
  },
  shuffled(plan, r) {
    const words = captionText(plan, r).replace(/[.,:]/g, "").split(" ");
    for (let tries = 0; tries < 10; tries++) {
      const mixed = shuffled(r, words);
      if (mixed.join() !== words.join()) return mixed.join(" ");
    }
    return undefined;
  },
  unrelated(_, r, facts, split) {
    for (;;) {
      const other = sceneFacts(mixedScene(r.int(2 ** 31), { split }));
      const names = new Set(other.items.map(({ name }) => name));
      if (other.items.length === 0 || facts.items.some(({ name }) => names.has(name))) continue;
      return captionText(captionPlan(other, r), r);
    }
  },
};

type Change = (plan: CaptionPlan, r: Random, facts: Facts, split: Split) => CaptionPlan | undefined;

/** A thing is called another that is not there, often one that could well be. */
const wrongThing: Change = (plan, r, { items }, split) => {
  const at = pickAt(plan, r, ({ name }) => isThingName(name));
  if (at === undefined) return undefined;
  const there = items.map(({ name }) => name);
  const old = plan.mentions[at]!.name;
  const pool = (r.chance(0.5) ? companionsOf(old) : things.map(({ name }) => name)).filter((name) =>
    there.every(
      (other) =>
        other !== name &&
        !alsoShows(other, name) &&
        !(split === "train" && isThingName(other) && isHeldOutPair(other, name)),
    ),
  );
  return pool.length ? changed(plan, at, { name: r.pick(pool) }) : undefined;
};

const wrongColour: Change = (plan, r, { items }) => {
  const at = pickAt(plan, r, ({ name }) => !isThingName(name));
  if (at === undefined) return undefined;
  const [, what] = plan.mentions[at]!.name.split(" ") as [string, string];
  const there = items.map(({ item, name }) => (item.kind === "sign" ? `${item.board} sign` : name));
  const pool = (Object.keys(shapeColours) as ColourName[])
    .map((colour) => `${colour} ${what}`)
    .filter((name) => !there.includes(name));
  return pool.length ? changed(plan, at, { name: r.pick(pool) }) : undefined;
};

const wrongCount: Change = (plan, r) => {
  const at = pickAt(plan, r, ({ count }) => count > 1);
  if (at === undefined) return undefined;
  const { count } = plan.mentions[at]!;
  return changed(plan, at, { count: r.pick([count - 1, count + 1].filter((other) => other > 1)) });
};

const reversed: Readonly<Record<string, string>> = {
  "left of": "right of",
  "right of": "left of",
  above: "below",
  below: "above",
};

const wrongRelation: Change = (plan) => {
  const relation = plan.relation && reversed[plan.relation];
  return relation ? { ...plan, relation, larger: undefined } : undefined;
};

const wrongText: Change = (plan, r, _, split) => {
  const at = pickAt(plan, r, ({ text }) => text !== undefined);
  if (at === undefined) return undefined;
  const old = plan.mentions[at]!.text;
  return changed(plan, at, {
    text: r.pick(signTexts.filter((text) => text !== old && !(split === "train" && isHeldOutText(text)))),
  });
};

const names = new Set(things.map(({ name }) => name));
const isThingName = (name: string) => names.has(name);

function pickAt({ mentions }: CaptionPlan, r: Random, fits: (mention: Mention) => boolean): number | undefined {
  const places = mentions.flatMap((mention, i) => (fits(mention) ? [i] : []));
  return places.length ? r.pick(places) : undefined;
}

/** One thing is wrong, the rest stays; which of two is larger is left out. */
function changed(plan: CaptionPlan, at: number, change: Partial<Mention>): CaptionPlan {
  const mentions = plan.mentions.map((mention, i) => (i === at ? { ...mention, ...change } : mention));
  return { ...plan, mentions, larger: undefined };
}
