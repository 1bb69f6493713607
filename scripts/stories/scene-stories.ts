/**
 * A scene told in words, and questions that the words answer. Every item but the first is placed by one earlier item, so
 * a question about direction is asked only where the story says it, or says its opposite.
 */
import {
  colourName,
  isHeldOutPair,
  randomScene,
  shapeColours,
  things,
  type Item,
  type Random,
  type Split,
} from "../../lib/scenes";
import { shuffled, type Asked } from "./documents";
import { a, askedKinds, capital, is, kindNames, kindOf, numberWord } from "./words";

const opposite = { "left of": "right of", "right of": "left of", above: "below", below: "above" } as const;
type Direction = keyof typeof opposite;

type Placed = { name: string; by: string; direction: Direction };
type Story = {
  text: string;
  items: readonly Item[];
  names: readonly string[];
  placed: readonly Placed[];
  /** Pairs of which the story says that the first is bigger. */
  bigger: readonly (readonly [string, string])[];
  ground: { look: "plain" | "striped" | "speckled"; colour?: string };
  /** Whether things stand together that never do so in training. */
  heldOut: boolean;
};

/** Scenes of the test split, told; in training, no two things of a held-out pair come together. */
export function tellScene(seed: number, r: Random, split: Exclude<Split, "heldout">): Story {
  const count = 1 + r.int(4);
  const shapes = r.chance(0.55) ? 1 + r.int(2) : 0;
  const scene = randomScene(seed, { split, things: count, shapes, signs: r.chance(0.3) ? 1 : 0 });
  const items = shuffled(
    scene.items.filter((item, i) => scene.items.findIndex((other) => nameOf(other) === nameOf(item)) === i),
    r,
  );
  const names = items.map(nameOf);
  const placed = items.slice(1).map((item, i) => place(item, items[r.chance(0.6) ? i : r.int(i + 1)]!));
  const sentences = [opening(names[0]!, r), ...placed.map((one) => placing(one, r))];
  for (const item of items) {
    if (item.kind !== "sign") continue;
    const told = sentences.findIndex((sentence) => sentence.toLowerCase().includes("a sign"));
    sentences.splice(told + 1 + r.int(sentences.length - told), 0, `The sign says ${item.text.toUpperCase()}.`);
  }
  const bigger: [string, string][] = [];
  if (items.length > 1 && r.chance(0.4)) {
    const [one, other] = shuffled(items, r) as [Item, Item];
    if (Math.max(one.size, other.size) >= 1.25 * Math.min(one.size, other.size)) {
      const [large, small] = one.size > other.size ? [one, other] : [other, one];
      bigger.push([nameOf(large), nameOf(small)]);
      const way = r.chance(0.5) ? [large, "bigger", small] : [small, "smaller", large];
      const subject = nameOf(way[0] as Item);
      sentences.push(`The ${subject} ${is(subject)} ${way[1] as string} than the ${nameOf(way[2] as Item)}.`);
    }
  }
  const ground = groundOf(scene.ground);
  if (r.chance(0.6)) sentences.push(ground.sentence);
  else ground.colour = undefined;
  const shown = items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
  const heldOut = shown.some((one, i) => shown.slice(0, i).some((other) => isHeldOutPair(one, other)));
  return { text: sentences.join(" "), items, names, placed, bigger, ground, heldOut };
}

/** The questions that this story answers, in random order, no two alike. */
export function askStory(story: Story, r: Random): Asked[] {
  const asked = [
    ...askPresence(story, r),
    ...askPlaces(story, r),
    ...askCounts(story, r),
    ...askAppearance(story),
    ...askKinds(story),
  ];
  return shuffled(asked, r);
}

const nameOf = (item: Item): string =>
  item.kind === "thing" ? item.thing : item.kind === "shape" ? `${item.colour} ${item.shape}` : "sign";

function place(item: Item, by: Item): Placed {
  const [dx, dy] = [item.x - by.x, item.y - by.y];
  const direction = Math.abs(dx) >= Math.abs(dy) ? (dx < 0 ? "left of" : "right of") : dy < 0 ? "above" : "below";
  return { name: nameOf(item), by: nameOf(by), direction };
}

const opening = (name: string, r: Random) =>
  r.pick([`There ${is(name)} ${a(name)}.`, `I see ${a(name)}.`, `The picture shows ${a(name)}.`]);

const placing = ({ name, by, direction }: Placed, r: Random) =>
  r.pick([
    `${capital(a(name))} ${is(name)} ${direction} the ${by}.`,
    `${capital(direction)} the ${by} there ${is(name)} ${a(name)}.`,
    `There ${is(name)} ${a(name)} ${direction} the ${by}.`,
  ]);

type SceneGround = ReturnType<typeof randomScene>["ground"];

function groundOf(ground: SceneGround): Story["ground"] & { sentence: string } {
  if (ground.kind === "stripes") {
    const [one, other] = ground.colours.map(colourName);
    const sentence =
      one === other ? `The ground is striped in ${one}.` : `The ground is striped in ${one} and ${other}.`;
    return { look: "striped", colour: one === other ? one : `${one} and ${other}`, sentence };
  }
  const colour = colourName(ground.colour);
  const look = ground.kind === "plain" ? "plain" : "speckled";
  return { look, colour, sentence: `The ground is ${look} ${colour}.` };
}

/** As many that are there as are not; half of the latter are of a kind, or a colour or shape, that is there. */
function askPresence({ names, items }: Story, r: Random): Asked[] {
  const question = (name: string) => `${capital(is(name))} there ${a(name)}?`;
  const there = r.pick(names);
  const like = items[r.int(items.length)]!;
  const colours = Object.keys(shapeColours);
  const pool =
    like.kind === "shape"
      ? colours.map((colour) => `${colour} ${like.shape}`)
      : things
          .filter(({ kind }) => like.kind !== "thing" || r.chance(0.3) || kind === kindOf(like.thing))
          .map(({ name }) => name);
  const missing = pool.filter((name) => !names.includes(name));
  const asked: Asked[] = [{ kind: "story/presence", question: question(there), answer: "yes" }];
  if (missing.length > 0) asked.push({ kind: "story/presence", question: question(r.pick(missing)), answer: "no" });
  return asked;
}

/** What is left of it, where it is: as told, and turned round. Only where one answer is right. */
function askPlaces({ placed }: Story, r: Random): Asked[] {
  const told = placed.map(({ name, by, direction }) => ({ name, by, direction, kind: "story/relation" }));
  const turned = placed.map(({ name, by, direction }) => {
    return { name: by, by: name, direction: opposite[direction], kind: "story/relation turned" };
  });
  const all = [...told, ...turned];
  const what = all
    .filter(({ by, direction }) => all.filter((other) => other.by === by && other.direction === direction).length === 1)
    .map(({ name, by, direction, kind }) => {
      return { kind, question: `What is ${direction} the ${by}?`, answer: a(name) };
    });
  const where = told
    .filter(({ name }) => all.filter((other) => other.name === name).length === 1)
    .map(({ name, by, direction }) => {
      return { kind: "story/where", question: `Where ${is(name)} the ${name}?`, answer: `${direction} the ${by}` };
    });
  const yesNo = told.map(({ name, by, direction }) => {
    const right = r.chance(0.5);
    const asked = right ? direction : opposite[direction];
    const question = `${capital(is(name))} the ${name} ${asked} the ${by}?`;
    return { kind: "story/relation yes or no", question, answer: right ? "yes" : "no" };
  });
  return [...what, ...where, ...yesNo];
}

function askCounts({ items }: Story, r: Random): Asked[] {
  const shapes = items.filter(({ kind }) => kind === "shape").length;
  const asked: Asked[] = [
    { kind: "story/count", question: "How many shapes are there?", answer: numberWord(shapes) },
    {
      kind: "story/count",
      question: "How many things and shapes and signs are there?",
      answer: numberWord(items.length),
    },
  ];
  const kind = r.pick(askedKinds);
  const many = items.filter((item) => item.kind === "thing" && kindOf(item.thing) === kind).length;
  asked.push({
    kind: "story/count",
    question: `How many ${kindNames[kind].many} are there?`,
    answer: numberWord(many),
  });
  return [r.pick(asked)];
}

function askAppearance({ items, bigger, ground }: Story): Asked[] {
  const asked: Asked[] = [];
  const shapes = items.flatMap((item) => (item.kind === "shape" ? [item] : []));
  for (const { shape, colour } of shapes) {
    if (shapes.filter((other) => other.shape === shape).length === 1) {
      asked.push({ kind: "story/colour", question: `What colour is the ${shape}?`, answer: colour });
    }
    if (shapes.filter((other) => other.colour === colour).length === 1) {
      asked.push({ kind: "story/shape", question: `Which shape is ${colour}?`, answer: `the ${shape}` });
    }
  }
  for (const item of items) {
    if (item.kind === "sign") {
      asked.push({ kind: "story/sign", question: "What does the sign say?", answer: item.text.toUpperCase() });
    }
  }
  for (const [large, small] of bigger) {
    const [one, other] = [large, small].sort() as [string, string];
    asked.push({
      kind: "story/size",
      question: `Which is bigger, the ${one} or the ${other}?`,
      answer: `the ${large}`,
    });
  }
  if (ground.colour)
    asked.push({ kind: "story/ground", question: "What colour is the ground?", answer: ground.colour });
  return asked;
}

/** The one of a kind, and the one that is not: these need the words and what is known about things. */
function askKinds({ items }: Story): Asked[] {
  const names = items.flatMap((item) => (item.kind === "thing" ? [item.thing] : []));
  const asked: Asked[] = [];
  for (const kind of askedKinds) {
    const of = names.filter((name) => kindOf(name) === kind);
    const others = names.filter((name) => kindOf(name) !== kind);
    const one = kindNames[kind].one;
    if (names.length < 2) continue;
    if (of.length === 1) asked.push({ kind: "story/kind", question: `Which thing is ${one}?`, answer: `the ${of[0]}` });
    if (others.length === 1 && names.length > 2) {
      asked.push({ kind: "story/odd one out", question: `Which thing is not ${one}?`, answer: `the ${others[0]}` });
    }
  }
  return asked;
}
