/** Answers questions from what the judge saw, by reading the question's words. Shares nothing with what made them. */
import { things, type Atlas, type Item, type Scene } from "../../lib/scenes";
import { colourOf, readSign, type Observed } from "./scenes-judge";

type Known = {
  name: string;
  words: string[];
  kind: string;
  colour: string;
  x: number;
  y: number;
  area: number;
  seen: Observed;
};

const numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight"];
const kindOf = new Map<string, string>(things.map(({ name, kind }) => [name, kind]));

/** What is at least a third visible, and as a check on doubt nothing else: between a twentieth and six tenths nobody may ask. */
export function know(observed: readonly Observed[], atlas: Atlas, threshold = 0.33): Known[] {
  return observed.flatMap((seen) => {
    if (!seen.box || seen.visible < threshold) return [];
    const { left, top, right, bottom } = seen.box;
    const colour = seen.item.kind === "thing" ? "" : colourOf(seen, atlas);
    const name = nameOf(seen.item, colour);
    const kind = seen.item.kind === "thing" ? kindOf.get(seen.item.thing)! : seen.item.kind;
    const area = (right - left) * (bottom - top);
    return [{ name, words: name.split(" "), kind, colour, x: (left + right) / 2, y: (top + bottom) / 2, area, seen }];
  });
}

function nameOf(item: Item, colour: string): string {
  return item.kind === "thing" ? item.thing : item.kind === "shape" ? `${colour} ${item.shape}` : "sign";
}

/** All right answers that the judge finds; a good question has one. `undefined` if the question is not understood. */
export function answersTo(question: string, known: readonly Known[], scene: Scene, atlas: Atlas): string[] | undefined {
  const q = question
    .toLowerCase()
    .replace(/[?.]$/, "")
    .replace(/^in the picture, /, "")
    .replace(/ in the picture/, "");
  const yes = (truth: boolean) => [truth ? "yes" : "no"];
  const the = (name: string) => known.filter((one) => matches(one, name));
  let m: RegExpMatchArray | null;

  if ((m = q.match(/^(?:which|what is the) (?:looks |is )?(larger|smaller), the (.+) or the (.+)$/))) {
    const [a, b] = [the(m[2]!), the(m[3]!)];
    if (a.length !== 1 || b.length !== 1) return [];
    return [a[0]!.area > b[0]!.area === (m[1] === "larger") ? m[2]! : m[3]!];
  }
  if ((m = q.match(/^(?:does|is) the (.+?) (?:look )?(larger|smaller) than the (.+)$/))) {
    const [[a], [b]] = [the(m[1]!), the(m[3]!)];
    return yes(a!.area > b!.area === (m[2] === "larger"));
  }
  if ((m = q.match(/looks the (largest|smallest)/))) {
    const sorted = [...known].sort((a, b) => (m![1] === "largest" ? b.area - a.area : a.area - b.area));
    return [sorted[0]!.name];
  }
  if ((m = q.match(/^does the sign say (\w+)$/))) return yes(texts(scene, atlas)[0] === m[1]!.toUpperCase());
  if (/(does the sign say|on the sign|^read the sign)$/.test(q)) return texts(scene, atlas);
  if (/colour.* ground/.test(q)) return undefined; // pixels of the ground: judged apart
  if ((m = q.match(/(?:colour is the|colour does the|colour of the) (.+?)(?: have)?$/))) {
    return the(m[1]!).map(({ colour }) => colour);
  }
  if ((m = q.match(/^(?:how many|what is the number of) (.+?)(?: are there| are| can you see)?$/))) {
    return [numbers[known.filter((one) => isOneOf(one, m![1]!)).length]!];
  }
  if ((m = q.match(/^(?:is|are) the (.+?) (left of|right of|above|below|next to) the (.+)$/))) {
    return relate(the(m[1]!)[0]!, m[2]!, the(m[3]!)[0]!).map((truth) => (truth ? "yes" : "no"));
  }
  if ((m = q.match(/^where (?:is|are) the (.+?)(?:, seen from|: left of, right of, above or below) the (.+)$/))) {
    return side(the(m[1]!)[0]!, the(m[2]!)[0]!);
  }
  if ((m = q.match(/^on which side of the (.+?) (?:is|are) the (.+)$/))) return side(the(m[2]!)[0]!, the(m[1]!)[0]!);
  if ((m = q.match(/^what (?:is|can you see) (left of|right of|above|below|next to) the (.+)$/))) {
    const [b] = the(m[2]!);
    return known.filter((a) => a !== b && relate(a, m![1]!, b!)[0]).map(({ name }) => name);
  }
  if ((m = q.match(/^(?:(?:is|are) there|can you see|does the picture show) (?:an?|any) (.+)$/)))
    return yes(the(m[1]!).length > 0);
  if ((m = q.match(/^(?:what|which) (?:shape is (\w+)|is the (\w+) shape)$/) ?? q.match(/^what is the (\w+) shape$/))) {
    const colour = m[1] ?? m[2];
    return known.filter((one) => one.kind === "shape" && one.colour === colour).map(({ words }) => words[1]!);
  }
  if ((m = q.match(/^(?:what|which) (animal|food|vehicle)/)))
    return known.filter(({ kind }) => kind === m![1]).map(({ name }) => name);
  if (/odd one|belong|not fit/.test(q)) return odd(known);
  if (/^what (is|is this|does the picture show|can you see|is this)$/.test(q)) return known.map(({ name }) => name);
  return undefined;
}

const texts = (scene: Scene, atlas: Atlas) =>
  scene.items.flatMap((item) => (item.kind === "sign" ? [readSign(item, atlas)] : []));

function matches({ name, words, kind }: Known, asked: string): boolean {
  return name === asked || (kind === "shape" && words[1] === asked);
}

function isOneOf({ name, words, kind, colour }: Known, plural: string): boolean {
  if (plural === "animals" || plural === "vehicles") return `${kind}s` === plural;
  if (plural === "shapes") return kind === "shape";
  const ofColour = plural.match(/^(\w+) shapes$/);
  if (ofColour) return kind === "shape" && colour === ofColour[1];
  return singulars(plural).some((one) => one === name || (kind === "shape" && one === words[1]));
}

const singulars = (plural: string) => [
  plural,
  plural.replace(/s$/, ""),
  plural.replace(/es$/, ""),
  plural.replace(/ies$/, "y"),
  plural.replace(/men$/, "man"),
];

/** By the middles alone: the larger of the two distances decides. */
function side(a: Known, b: Known): string[] {
  const [dx, dy] = [a.x - b.x, a.y - b.y];
  return [Math.abs(dx) > Math.abs(dy) ? (dx < 0 ? "left of" : "right of") : dy < 0 ? "above" : "below"];
}

/** Next to: level, and the space between is less than half of the smaller one's width, or 20 pixels. */
function relate(a: Known, relation: string, b: Known): boolean[] {
  if (relation !== "next to") return [side(a, b)[0] === relation];
  const [p, q] = [a.seen.box!, b.seen.box!];
  const between = Math.max(p.left - q.right, q.left - p.right);
  return [Math.abs(a.x - b.x) > Math.abs(a.y - b.y) && between <= 20];
}

/** For each way to sort them (name, kind, colour, shape): the only one of its sort, when the rest is of one sort. */
function odd(known: readonly Known[]): string[] {
  const ways: ((one: Known) => string)[] = known.every(({ kind }) => kind === "shape")
    ? [({ colour }) => colour, ({ words }) => words[1]!]
    : new Set(known.map(({ name }) => name)).size === known.length
      ? [({ kind }) => kind]
      : [({ name }) => name];
  const found = ways.flatMap((way) => {
    const sorts = groups(known, way);
    const single = sorts.filter((sort) => sort.length === 1);
    return sorts.length === 2 && single.length === 1 ? [single[0]![0]!.name] : [];
  });
  return [...new Set(found)];
}

function groups(known: readonly Known[], way: (one: Known) => string): Known[][] {
  return [...new Set(known.map(way))].map((sort) => known.filter((one) => way(one) === sort));
}
