/** Facts as sentences and as closed questions. A held-out fact is told in training, but never asked. */
import { isHeldOutPair, things, type Random } from "../../lib/scenes";
import { chatOf, isHeldOutQuestion, shuffled, type Asked, type TextDocument, type TestQuestion } from "./documents";
import { facts, flying, type Fact, type Relation } from "./facts";
import { a, askedKinds, capital, does, has, inGeneral, is, isPlural, kindNames, kindOf, verb } from "./words";

type Form = { tell: (name: string, value: string) => string; ask: (name: string) => string[] };

const X = inGeneral;

const forms: Record<Relation, Form> = {
  definition: {
    tell: (x, v) => `${X(x)} ${is(x)} ${v}`,
    ask: (x) => [`What ${is(x)} ${X(x)}?`, `Tell me what ${X(x)} ${is(x)}.`],
  },
  home: {
    tell: (x, v) => `${X(x)} lives ${v}`,
    ask: (x) => [`Where does ${X(x)} live?`, `Where do you find ${X(x)}?`],
  },
  food: { tell: (x, v) => `${X(x)} eats ${v}`, ask: (x) => [`What does ${X(x)} eat?`, `What is the food of ${X(x)}?`] },
  colour: {
    tell: (x, v) => `${X(x)} ${is(x)} usually ${v}`,
    ask: (x) => [`What colour ${is(x)} ${X(x)} usually?`, `Which colour ${does(x)} ${X(x)} usually have?`],
  },
  part: {
    tell: (x, v) => `${X(x)} ${has(x)} ${v}`,
    ask: (x) => [`Name a part of ${X(x)}.`, `What ${does(x)} ${X(x)} have?`],
  },
  legs: {
    tell: (x, v) => `${X(x)} has ${v.endsWith("legs") ? v : `${v} legs`}`,
    ask: (x) => [`How many legs does ${X(x)} have?`],
  },
  ability: { tell: (x, v) => `${X(x)} can ${v}`, ask: (x) => [`What can ${X(x)} do?`] },
  young: { tell: (x, v) => `a young ${x} is called ${v}`, ask: (x) => [`What is a young ${x} called?`] },
  origin: {
    tell: (x, v) => (v.startsWith("from") ? `${X(x)} ${is(x)} made ${v}` : `${X(x)} ${verb(x, "grow")} ${v}`),
    ask: (x) => [`Where ${does(x)} ${X(x)} come from?`],
  },
  taste: { tell: (x, v) => `${X(x)} ${verb(x, "taste")} ${v}`, ask: (x) => [`How ${does(x)} ${X(x)} taste?`] },
  group: {
    tell: (x, v) => `${X(x)} ${is(x)} a kind of ${v}`,
    ask: (x) => [`What kind of food ${is(x)} ${X(x)}?`],
  },
  travels: { tell: (x, v) => `${X(x)} travels ${v}`, ask: (x) => [`Where does ${X(x)} travel?`] },
  carries: { tell: (x, v) => `${X(x)} carries ${v}`, ask: (x) => [`What does ${X(x)} carry?`] },
  wheels: {
    tell: (x, v) => `${X(x)} has ${v.endsWith("wheels") ? v : `${v} wheels`}`,
    ask: (x) => [`How many wheels does ${X(x)} have?`],
  },
  driver: { tell: (x, v) => `${v} drives ${X(x)}`, ask: (x) => [`Who drives ${X(x)}?`] },
  use: {
    tell: (x, v) => `${X(x)} ${is(x)} used to ${v}`,
    ask: (x) => [`What do you do with ${X(x)}?`, `What ${is(x)} ${X(x)} used to do?`],
  },
  material: { tell: (x, v) => `${X(x)} ${is(x)} made of ${v}`, ask: (x) => [`What ${is(x)} ${X(x)} made of?`] },
  user: { tell: (x, v) => `${v} works with ${X(x)}`, ask: (x) => [`Who works with ${X(x)}?`] },
  grows: { tell: (x, v) => `${X(x)} grows ${v}`, ask: (x) => [`Where does ${X(x)} grow?`] },
  needs: { tell: (x, v) => `${X(x)} needs ${v}`, ask: (x) => [`What does ${X(x)} need?`] },
  seen: { tell: (x, v) => `you see ${X(x)} ${v}`, ask: (x) => [`When do you see ${X(x)}?`] },
  effect: { tell: (x, v) => `${X(x)} ${v}`, ask: (x) => [`What does ${X(x)} do?`] },
};

const keyOf = ({ thing, relation }: Fact) => `${thing}/${relation}`;
export const isHeldOutFact = (fact: Fact) => isHeldOutQuestion(keyOf(fact));

/** What a document about facts is: plain sentences about one thing, or a chat of questions about one or several. */
export function factDocument(r: Random): TextDocument {
  const name = r.pick(things).name;
  if (r.chance(0.3)) return { kind: "facts/text", text: tell(name, r) };
  const asked: Asked[] = [];
  for (let tries = 0; asked.length < 4 + r.int(5) && tries < 40; tries++) {
    const next = randomQuestion(r, r.chance(0.5) ? name : r.pick(things).name);
    if (next && !asked.some(({ question }) => question === next.question)) asked.push(next);
  }
  // Now and then the facts are there to be read, the held-out ones too, and the questions follow.
  return { kind: "facts/chat", messages: chatOf(asked, r.chance(0.15) ? tell(name, r) : undefined) };
}

/** Every fact that is asked in training, or every one that is not. */
export function factQuestions(heldOut: boolean): TestQuestion[] {
  const direct = facts
    .filter((fact) => isHeldOutFact(fact) === heldOut)
    .map((fact) => toTest({ kind: "facts/direct", ...askFact(fact, 0) }, heldOut));
  const kinds = things.flatMap(({ name }) =>
    askedKinds
      .filter((kind) => isHeldOutKind(name, kind) === heldOut)
      .map((kind) => toTest(askKind(name, kind), heldOut)),
  );
  const reverse = facts
    .filter(({ relation, thing }) => relation === "definition" && isHeldOutReverse(thing) === heldOut)
    .map((fact) => toTest(askReverse(fact), heldOut));
  return [...direct, ...kinds, ...reverse];
}

/** Which of two is an animal: pairs that training never compares. */
export function choiceQuestions(r: Random, count: number, heldOut: boolean): TestQuestion[] {
  const out: TestQuestion[] = [];
  while (out.length < count) {
    const asked = askChoice(r, heldOut);
    if (asked) out.push(toTest(asked, heldOut));
  }
  return out;
}

const toTest = ({ kind, question, answer }: Asked, heldOut: boolean): TestQuestion => ({
  kind,
  heldOut,
  messages: [{ role: "user", content: question }],
  answer,
});

function tell(name: string, r: Random): string {
  const known = shuffled(facts.filter(({ thing }) => thing === name), r).slice(0, 3 + r.int(6)); // prettier-ignore
  const sentences = known.map(({ relation, value }) => forms[relation].tell(name, value));
  const kind = askedKinds.find((asked) => asked === kindOf(name));
  if (kind && r.chance(0.5)) sentences.unshift(`${inGeneral(name)} ${is(name)} ${kindNames[kind].one}`);
  return sentences.map((sentence) => `${capital(sentence)}.`).join(" ");
}

function randomQuestion(r: Random, name: string): Asked | undefined {
  const way = r.next();
  if (way < 0.65) {
    const fact = r.pick(facts.filter(({ thing }) => thing === name));
    return isHeldOutFact(fact) ? undefined : { kind: "facts/direct", ...askFact(fact, r.int(2)) };
  }
  if (way < 0.78) {
    const kind = r.chance(0.4) ? askedKinds.find((asked) => asked === kindOf(name)) : r.pick(askedKinds);
    return !kind || isHeldOutKind(name, kind) ? undefined : askKind(name, kind);
  }
  if (way < 0.86) return askFlying(name);
  if (way < 0.93) {
    const fact = facts.find(({ thing, relation }) => thing === name && relation === "definition")!;
    return isHeldOutReverse(name) ? undefined : askReverse(fact);
  }
  return askChoice(r, false);
}

function askFact(fact: Fact, way: number): { question: string; answer: string } {
  const questions = forms[fact.relation].ask(fact.thing);
  return { question: questions[way % questions.length]!, answer: fact.value };
}

const isHeldOutKind = (name: string, kind: string) => isHeldOutQuestion(`${name} is ${kind}`);

function askKind(name: string, kind: (typeof askedKinds)[number]): Asked {
  const question = `${capital(is(name))} ${inGeneral(name)} ${kindNames[kind].one}?`;
  return { kind: "facts/kind", question, answer: kindOf(name) === kind ? "yes" : "no" };
}

function askFlying(name: string): Asked | undefined {
  if (kindOf(name) !== "animal" && kindOf(name) !== "vehicle") return undefined;
  return { kind: "facts/flying", question: `Can ${a(name)} fly?`, answer: flying.has(name) ? "yes" : "no" };
}

const isHeldOutReverse = (name: string) => isHeldOutQuestion(`${name} from its definition`);

function askReverse({ thing, value }: Fact): Asked {
  const one = isPlural(thing) ? "are" : "is";
  return { kind: "facts/reverse", question: `What ${one} called ${value}?`, answer: inGeneral(thing) };
}

function askChoice(r: Random, heldOut: boolean): Asked | undefined {
  const [first, second] = [r.pick(things), r.pick(things)];
  if (first.kind === second.kind || isHeldOutPair(first.name, second.name) !== heldOut) return undefined;
  const able = askedKinds.filter((kind) => kind === first.kind || kind === second.kind);
  if (able.length === 0) return undefined;
  const kind = r.pick(able);
  const answer = first.kind === kind ? first : second;
  const question = `Which is ${kindNames[kind].one}, ${inGeneral(first.name)} or ${inGeneral(second.name)}?`;
  return { kind: "facts/choice", question, answer: inGeneral(answer.name) };
}
