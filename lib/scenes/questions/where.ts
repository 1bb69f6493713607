/** Where: left of, right of, above, below, next to. */
import { named, type Facts, type Seen } from "../facts";
import { fill, isOrAre } from "../grammar";
import { shuffled, type Random } from "../random";
import { direction, directionWords, nextTo, opposite, surelyNot, type Direction } from "../relations";
import { yesNo, type Phrasings, type Question, type QuestionMaker } from "./question";

export const wherePhrasings = {
  open: [
    "where {is} the {a}, seen from the {b}?",
    "where {is} the {a}: left of, right of, above or below the {b}?",
    "on which side of the {b} {is} the {a}?",
  ],
  yesNo: ["{is} the {a} {relation} the {b}?", "in the picture, {is} the {a} {relation} the {b}?"],
  which: ["what is {relation} the {b}?", "what can you see {relation} the {b}?"],
} satisfies Record<string, Phrasings>;

const directions: readonly Direction[] = ["left", "right", "above", "below"];

export const where: QuestionMaker = (facts, r) => {
  const here = named(facts);
  if (here.length < 2) return undefined;
  const forms = r.pick([
    [open, which, closed],
    [which, closed, open],
    [closed, open, which],
    [closed, which, open],
  ]);
  for (const form of forms) {
    const question = form(facts, here, r);
    if (question) return question;
  }
  return undefined;
};

type Form = (facts: Facts, here: readonly Seen[], r: Random) => Question | undefined;

const pairs = (here: readonly Seen[]) => here.flatMap((a) => here.filter((b) => b !== a).map((b) => [a, b] as const));

/** `left of`, one of four. */
const open: Form = (_, here, r) => {
  const wanted = shuffled(r, directions);
  for (const way of wanted) {
    const found = pairs(here).filter(([a, b]) => direction(a, b) === way);
    if (found.length === 0) continue;
    const [a, b] = r.pick(found);
    return {
      kind: "where",
      question: fill(r.pick(wherePhrasings.open), { is: isOrAre(a.name), a: a.name, b: b.name }),
      answer: directionWords[way],
      choices: directions.map((one) => directionWords[one]),
      items: [a.index, b.index],
    };
  }
  return undefined;
};

/** Yes or no; `next to` in a third of the cases. A wrong side is always one of two things that are there. */
const closed: Form = (_, here, r) => {
  const yes = r.chance(0.5);
  const beside = r.chance(0.35);
  const found = shuffled(r, pairs(here)).flatMap(([a, b]) => {
    if (beside) return nextTo(a, b) === yes ? [{ a, b, relation: "next to" }] : [];
    const way = direction(a, b);
    if (yes) return way ? [{ a, b, relation: directionWords[way] }] : [];
    const not = directions.filter((one) => surelyNot(one, a, b));
    if (not.length === 0) return [];
    const wrong = way && r.chance(0.6) ? opposite[way] : r.pick(not);
    return [{ a, b, relation: directionWords[wrong] }];
  });
  const [chosen] = found;
  if (!chosen) return undefined;
  const { a, b, relation } = chosen;
  return {
    kind: "where",
    question: fill(r.pick(wherePhrasings.yesNo), { is: isOrAre(a.name), a: a.name, b: b.name, relation }),
    answer: yes ? "yes" : "no",
    choices: yesNo,
    ...(yes ? {} : { hard: "swapped" as const }),
    items: [a.index, b.index],
  };
};

/** The only item on one side of another, when all others are surely not there. */
const which: Form = ({ items, doubtful }, here, r) => {
  if (doubtful) return undefined;
  const found = here.flatMap((b) =>
    [...directions, "next to" as const].flatMap((relation) => {
      const others = items.filter((other) => other !== b);
      const holds = (a: Seen) => (relation === "next to" ? nextTo(a, b) === true : direction(a, b) === relation);
      const fails = (a: Seen) => (relation === "next to" ? nextTo(a, b) === false : surelyNot(relation, a, b));
      const [a, second] = others.filter(holds);
      if (!a || second || !others.every((other) => other === a || fails(other))) return [];
      return [{ a, b, relation: relation === "next to" ? relation : directionWords[relation] }];
    }),
  );
  if (found.length === 0) return undefined;
  const { a, b, relation } = r.pick(found);
  return {
    kind: "where",
    question: fill(r.pick(wherePhrasings.which), { relation, b: b.name }),
    answer: a.name,
    items: [a.index, b.index],
  };
};
