/** Closed questions about everyday words: opposites, days, months, counting, sums, colours; and how a chat begins and ends. */
import type { Random } from "../../lib/scenes";
import { chatOf, isHeldOutQuestion, type Asked, type TestQuestion, type TextDocument, type Turn } from "./documents";
import { numberWord } from "./words";

const opposites =
  "hot cold, big small, left right, above below, day night, full empty, fast slow, old new, wet dry, open closed, up down, " +
  "light dark, loud quiet, hard soft, long short, high low, early late, in out, yes no, first last, near far, clean dirty";
const days = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");
const months = "January February March April May June July August September October November December".split(" ");
const mixtures = "red yellow orange, yellow blue green, red blue purple, black white grey, red white pink";

export const generalQuestions: readonly Asked[] = [
  ...opposites.split(", ").flatMap((pair) => {
    const [one = "", other = ""] = pair.split(" ");
    return [
      ask("opposite", `What is the opposite of ${one}?`, other),
      ask("opposite", `What is the opposite of ${other}?`, one),
    ];
  }),
  ...inTurn("day", days),
  ...inTurn("month", months),
  ...mixtures.split(", ").flatMap((mixture) => {
    const [one = "", other = "", made = ""] = mixture.split(" ");
    return [
      ask("mixture", `Which colour do ${one} and ${other} make?`, made),
      ask("mixture", `Which colour do ${other} and ${one} make?`, made),
    ];
  }),
  ...count(1, 19).map((n) => ask("next number", `What comes after ${numberWord(n)}?`, numberWord(n + 1))),
  ...count(2, 20).map((n) => ask("next number", `What comes before ${numberWord(n)}?`, numberWord(n - 1))),
  ...count(1, 10).flatMap((x) =>
    count(1, 10).map((y) => ask("sum", `How many are ${numberWord(x)} and ${numberWord(y)}?`, numberWord(x + y))),
  ),
  ...count(1, 12).flatMap((x) =>
    count(1, 12)
      .filter((y) => y !== x)
      .map((y) => ask("more", `Which is more, ${numberWord(x)} or ${numberWord(y)}?`, numberWord(Math.max(x, y)))),
  ),
];

/** Sums and comparisons are held out one by one; what is only known by heart is not. */
const isHeldOut = ({ kind, question }: Asked) =>
  ["general/sum", "general/more"].includes(kind) && isHeldOutQuestion(question);

const asked = generalQuestions.filter((one) => !isHeldOut(one));

export function generalTest(heldOut: boolean): TestQuestion[] {
  return generalQuestions
    .filter((one) => isHeldOut(one) === heldOut)
    .map(({ kind, question, answer }) => ({ kind, heldOut, messages: [{ role: "user", content: question }], answer }));
}

/** Half of the chats ask about one kind alone: sums among sums. */
export function generalDocument(r: Random): TextDocument {
  const kind = r.pick(asked).kind;
  const pool = r.chance(0.5) ? asked.filter((one) => one.kind === kind) : asked;
  const chosen = Array.from({ length: 4 + r.int(5) }, () => r.pick(pool));
  return { kind: "general", messages: talk(chatOf([...new Set(chosen)]), r) };
}

const hellos = ["Hello.", "Hi.", "Good morning.", "Good day."];
const thanks = ["Thank you.", "Thanks.", "That is all, thank you."];

/** A chat as people begin and end it, now and then. */
export function talk(messages: Turn[], r: Random): Turn[] {
  const before: Turn[] = r.chance(0.08)
    ? [
        { role: "user", content: r.pick(hellos) },
        { role: "assistant", content: "Hello. What would you like to know?" },
      ]
    : [];
  const after: Turn[] = r.chance(0.08)
    ? [
        { role: "user", content: r.pick(thanks) },
        { role: "assistant", content: "You are welcome." },
      ]
    : [];
  return [...before, ...messages, ...after];
}

function ask(kind: string, question: string, answer: string): Asked {
  return { kind: `general/${kind}`, question, answer };
}

function inTurn(kind: string, names: readonly string[]): Asked[] {
  return names.flatMap((name, i) => {
    const [before, after] = [names.at(i - 1)!, names[(i + 1) % names.length]!];
    return [
      ask(kind, `Which ${kind} comes after ${name}?`, after),
      ask(kind, `Which ${kind} comes before ${name}?`, before),
    ];
  });
}

function count(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
