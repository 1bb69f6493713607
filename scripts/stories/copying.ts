/** Tasks that are all looking back: say again, go on, which text belongs to what. A model that reads pictures needs this. */
import { indefinite, listed, shapeColours, shuffled, things, type Random } from "../../lib/scenes";
import { chatOf, type Asked, type CorpusSplit, type TestQuestion, type TextDocument } from "./documents";
import { signText } from "./story-world";

const names = things.map(({ name }) => name);
const colours = Object.keys(shapeColours);

export function copyDocument(r: Random, split: CorpusSplit): TextDocument {
  const way = r.next();
  if (way < 0.25) return { kind: "copy/twice", text: twice(r, split) };
  if (way < 0.5) return again(r, split);
  const { text, asked } = way < 0.8 ? signs(r, split) : inOrder(r, split);
  return { kind: asked[0]!.kind, messages: chatOf(shuffled(r, asked).slice(0, 6), text) };
}

export function copyQuestions(r: Random, count: number): TestQuestion[] {
  return Array.from({ length: count }, (_, i) => {
    const { text, asked } = (i % 2 === 0 ? signs : inOrder)(r, "test");
    const { kind, question, answer } = r.pick(asked);
    return { kind, heldOut: false, messages: [{ role: "user" as const, content: `${text}\n${question}` }], answer };
  });
}

/** A name or a sign's text. */
const word = (r: Random, split: CorpusSplit) => (r.chance(0.55) ? r.pick(names) : signText(r, split));

/** The same random words two or three times over. */
function twice(r: Random, split: CorpusSplit): string {
  const part = Array.from({ length: 3 + r.int(8) }, () => word(r, split)).join(" ");
  return Array.from({ length: 2 + r.int(2) }, () => part).join(r.pick([". ", " ", ", "]));
}

/** Several lists, each said again. */
function again(r: Random, split: CorpusSplit): TextDocument {
  const asked = Array.from({ length: 2 + r.int(3) }, (): Asked => {
    const said = Array.from({ length: 1 + r.int(5) }, () => word(r, split)).join(", ");
    return { kind: "copy/again", question: `${r.pick(["Say again:", "Repeat:", "Copy this:"])} ${said}`, answer: said };
  });
  return { kind: "copy/again", messages: chatOf(asked) };
}

/** One sign, or several of different colours. */
function signs(r: Random, split: CorpusSplit): { text: string; asked: Asked[] } {
  const boards = shuffled(r, ["white", "yellow", "green", "blue", "red"]).slice(0, r.pick([1, 1, 2, 2, 3, 4]));
  const texts = boards.map(() => signText(r, split));
  const tell = r.pick([
    (name: string, text: string) => `The ${name} says ${text}.`,
    (name: string, text: string) => `There is ${indefinite(name)} that says ${text}.`,
  ]);
  const name = (board: string) => (boards.length === 1 && r.chance(0.5) ? "sign" : `${board} sign`);
  const text = boards.map((board, i) => tell(name(board), texts[i]!)).join(" ");
  const asked = boards.flatMap((board, i): Asked[] => {
    const called = boards.length === 1 ? "sign" : `${board} sign`;
    const forms = [`What does the ${called} say?`, `What is written on the ${called}?`, `Read the ${called}.`];
    const back = boards.length > 1 && { kind: "copy/signs", question: `Which sign says ${texts[i]!}?`, answer: called };
    const open = shuffled(r, forms).slice(0, 2).map((question) => ({ kind: "copy/signs", question, answer: texts[i]! })); // prettier-ignore
    return back && new Set(texts).size === texts.length ? [...open, back] : open;
  });
  return { text, asked };
}

/** Neighbours in a list. */
function inOrder(r: Random, split: CorpusSplit): { text: string; asked: Asked[] } {
  const pool = r.pick([names, colours]);
  const list = shuffled(r, pool).slice(0, 3 + r.int(4));
  const told = r.chance(0.3) ? list.map(() => signText(r, split)) : list;
  const unique = [...new Set(told)];
  const from = unique.every((one) => names.includes(one)) && r.chance(0.5);
  const text = from ? `From left to right: ${listed(unique.map(indefinite))}.` : `In order: ${unique.join(", ")}.`;
  const asked = unique.slice(1).flatMap((one, i): Asked[] => [
    { kind: "copy/order", question: `What comes after ${unique[i]!}?`, answer: one },
    { kind: "copy/order", question: `What comes before ${one}?`, answer: unique[i]! },
  ]);
  return { text, asked: [...asked, { kind: "copy/order", question: "What comes first?", answer: unique[0]! }] };
}
