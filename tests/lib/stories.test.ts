/** The text corpus: the same for ever, true to its own words, and without what the test asks. */
import { describe, expect, test } from "vitest";
import {
  groundColours,
  isHeldOutPair,
  isHeldOutText,
  numberWord,
  random,
  shapeColours,
  shapeNames,
  things,
} from "../../lib/scenes";
import { captionPhrasings } from "../../lib/scenes/captions";
import { pluralOf } from "../../lib/scenes/grammar";
import { corpusDocument, testQuestions } from "../../scripts/stories/corpus";
import { chooseQuestions, tellScene } from "../../scripts/stories/scene-stories";
import type { TextDocument, Turn } from "../../scripts/stories/documents";
import { facts } from "../../scripts/stories/facts";

const documents = Array.from({ length: 3000 }, (_, seed) => corpusDocument(seed, "train", seed < 600));
const turnsOf = (document: TextDocument): Turn[] => ("messages" in document ? document.messages : []);
const questionsOf = (document: TextDocument) =>
  turnsOf(document)
    .filter(({ role }) => role === "user")
    .map(({ content }) => content.split("\n").at(-1)!);
const stories = documents.flatMap((document) => {
  if (document.kind !== "story/chat") return [];
  const turns = turnsOf(document);
  const first = turns.findIndex(({ content }) => content.includes("\n"));
  const told = turns.slice(first, first + 2 * Math.floor((turns.length - first) / 2));
  return [{ text: told[0]!.content.split("\n")[0]!, asked: pairs(told) }];
});

test("a seed gives the same document, another seed or split another", () => {
  expect(corpusDocument(7, "train", true)).toEqual(documents[7]);
  expect(corpusDocument(7, "train")).not.toEqual(documents[7]);
  expect(corpusDocument(7, "test")).not.toEqual(documents[7]);
  expect(new Set(documents.map((document) => JSON.stringify(document))).size).toBeGreaterThan(2800);
});

test("turns alternate, begin with the user and end with an answer", () => {
  for (const document of documents) {
    turnsOf(document).forEach(({ role, content }, i) => {
      expect(role).toBe(i % 2 === 0 ? "user" : "assistant");
      expect(content.trim()).toBe(content);
      expect(content).not.toMatch(/undefined|\s\s|\ba [aeiou](?!ne\b)/);
    });
    expect(turnsOf(document).length % 2).toBe(0);
  }
});

describe("what is held out", () => {
  const heldOut = testQuestions(60).filter((question) => question.heldOut);

  test("questions about facts, comparisons and sums are never asked in training", () => {
    const asked = new Set(documents.flatMap(questionsOf));
    const kept = heldOut.filter(({ kind }) => !kind.startsWith("story/"));
    expect(kept.length).toBeGreaterThan(100);
    for (const { messages } of kept) expect(asked.has(messages[0]!.content), messages[0]!.content).toBe(false);
    // Control: what is not held out is asked, most of it in these documents already.
    const others = testQuestions(1).filter(({ kind, heldOut }) => kind === "facts/direct" && !heldOut);
    expect(others.filter(({ messages }) => asked.has(messages[0]!.content)).length).toBeGreaterThan(others.length / 2);
  });

  test("but the held-out facts are told", () => {
    const many = Array.from({ length: 9000 }, (_, seed) => corpusDocument(seed, "train"));
    const text = many
      .map((document) => (document.kind === "facts/text" && "text" in document ? document.text : ""))
      .join()
      .toLowerCase();
    const told = heldOut.filter(({ kind, answer }) => kind === "facts/direct" && text.includes(answer.toLowerCase()));
    const all = heldOut.filter(({ kind }) => kind === "facts/direct");
    expect(all.length).toBeGreaterThan(30);
    expect(told.length).toBe(all.length);
  });

  const pairIn = (text: string) => {
    const shown = things.map(({ name }) => name).filter((name) => isNamed(text, name));
    return shown.some((one) => shown.some((other) => isHeldOutPair(one, other)));
  };
  const signIn = (text: string) => [...text.matchAll(/that says (\w+)/g)].some(([, said]) => isHeldOutText(said!));

  test("no story of training has two things of a held-out pair, nor a held-out text; those held out in the test have", () => {
    for (const { text } of stories) expect(pairIn(text) || signIn(text), text).toBe(false);
    const kept = heldOut.filter(({ kind }) => kind.startsWith("story/"));
    expect(kept.length).toBeGreaterThan(50);
    for (const { messages } of kept) {
      const text = messages[0]!.content.split("\n")[0]!;
      expect(pairIn(text) || signIn(text), text).toBe(true);
    }
  });
});

describe("answers follow from the words", () => {
  const opposite: Record<string, string> = { "left of": "right of", "right of": "left of", above: "below", below: "above", "next to": "next to" }; // prettier-ignore
  /** What a reader takes from the sentences, without the code that wrote them. */
  const placesIn = (text: string) =>
    text.split(/(?<=\.) /).flatMap((sentence) => {
      const plain = sentence.replace(/^(There (is|are)|In the picture,) /, "").replace(/\.$/, "");
      const found = /^(.+?) (?:is |are )?(left of|right of|above|below|next to) (.+)$/i.exec(plain);
      return found ? [{ name: bare(found[1]!), direction: found[2]!, by: bare(found[3]!) }] : [];
    });
  /** The list of what is there, which one sentence gives. */
  const listIn = (text: string) => text.split(/(?<=\.) /).find((sentence) => !placesIn(sentence).length && !/looks|far from/.test(sentence))!; // prettier-ignore
  const howManyIn = (text: string, name: string) => {
    const list = listIn(text);
    const many = ["two", "three", "four", "five", "six", "seven"].findIndex((number) => new RegExp(`\\b${number} ${pluralOf(name)}\\b`, "i").test(list)); // prettier-ignore
    return many >= 0 ? many + 2 : new RegExp(`\\b(a|an) ${name}\\b`, "i").test(list) ? 1 : 0;
  };

  test("places, presence, numbers, signs", () => {
    const checked: Record<string, number> = {};
    const check = (kind: string, given: unknown, wanted: unknown, what: string) => {
      expect(given, what).toEqual(wanted);
      checked[kind] = (checked[kind] ?? 0) + 1;
    };
    for (const { text, asked } of stories) {
      const told = placesIn(text);
      const all = told.flatMap(({ name, direction, by }) => [
        { name, direction, by },
        { name: by, by: name, direction: opposite[direction]! },
      ]);
      for (const { question, answer } of asked) {
        const why = `${text} ${question}`;
        const which = /^What (?:is|can you see) (left of|right of|above|below|next to) the (.+)\?$/.exec(question);
        if (which) {
          const right = all.filter(({ by, direction }) => by === which[2] && direction === which[1]);
          check("which", [...new Set(right.map(({ name }) => name))], [answer], why);
        }
        const side = /^(?:Where (?:is|are) the (.+?)(?:, seen from|: left of, right of, above or below) the (.+)|On which side of the (.+) (?:is|are) the (.+))\?$/.exec(question); // prettier-ignore
        if (side) {
          const [name, by] = side[1] ? [side[1], side[2]] : [side[4], side[3]];
          check("side", all.find((one) => one.name === name && one.by === by)?.direction, answer, why);
        }
        const closed = /(?:is|are) the (.+) (left of|right of|above|below|next to) the ([^,]+)\?$/i.exec(question);
        if (closed && !which && !side) {
          const right = all.some(
            (one) => one.name === closed[1] && one.direction === closed[2] && one.by === closed[3],
          );
          check("closed", right ? "yes" : "no", answer, why);
        }
        const there =
          /^(?:(?:Is|Are) there|Can you see|Does the picture show) (?:an?|any) (.+?)(?: in the picture)?\?$/.exec(
            question,
          );
        if (there) check("there", isNamed(listIn(text), there[1]!) ? "yes" : "no", answer, why);
        const many = things.find(({ name }) => /^(how many|what is the number)/i.test(question) && question.includes(` ${pluralOf(name)}`)); // prettier-ignore
        if (many) check("many", numberWord(howManyIn(text, many.name)), answer, why);
        if (
          /(the sign say|written on the sign|[Rr]ead the sign|is on the sign|word on the sign|number on the sign)[.?]?\??$/.test(
            question,
          )
        ) {
          check("sign", /that says (\w+)/.exec(text)?.[1], answer, why);
        }
      }
    }
    for (const kind of ["which", "side", "closed", "there", "many", "sign"])
      expect(checked[kind], kind).toBeGreaterThan(120);
  });

  test("an answer is one to three words of the scenes, without a full stop", () => {
    const numbers = Array.from({ length: 9 }, (_, i) => numberWord(i));
    const shapes = Object.keys(shapeColours).flatMap((colour) => shapeNames.map((shape) => `${colour} ${shape}`));
    const known = new Set([
      ...things.map(({ name }) => name),
      ...[
        ...numbers,
        ...shapes,
        ...groundColours,
        ...shapeNames,
        ...Object.keys(shapeColours),
        ...Object.keys(opposite),
      ],
      ...["yes", "no", "sign"],
    ]);
    for (const { asked } of stories) {
      for (const { question, answer } of asked) {
        if (/^(Describe|Write|Than|That)/.test(question) || /^[A-Z0-9]+$/.test(answer)) continue;
        expect(known.has(answer), `${question} ${answer}`).toBe(true);
      }
    }
  });

  test("yes and no are near each other", () => {
    const answers = stories.flatMap(({ asked }) => asked.map(({ answer }) => answer));
    const [yes, no] = ["yes", "no"].map((word) => answers.filter((answer) => answer === word).length) as [
      number,
      number,
    ];
    expect(yes / (yes + no)).toBeGreaterThan(0.42);
    expect(yes / (yes + no)).toBeLessThan(0.58);
  });
});

test("every phrasing of captions is there to be read", () => {
  const texts = documents.map((document) => ("text" in document ? document.text : JSON.stringify(document.messages)));
  const all = texts.join("\n").toLowerCase();
  const { nothing: _, ...others } = captionPhrasings; // no scene of a story is empty
  for (const phrasing of Object.values(others).flat()) {
    const words = phrasing.replace(/[.]$/, "").split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")); // prettier-ignore
    expect(new RegExp(words.join("[\\w ,]+?")).test(all), phrasing).toBe(true);
  }
});

test("questions of a story are of as many kinds as it answers", () => {
  const r = random(5, 9);
  const chosen = chooseQuestions(tellScene(11, r, "test", 6), r, 5);
  expect(new Set(chosen.map(({ kind }) => kind)).size).toBeGreaterThan(3);
});

test("every thing has a definition of its own, and facts are words of the course", () => {
  const definitions = facts.filter(({ relation }) => relation === "definition");
  expect(definitions.map(({ thing }) => thing).sort()).toEqual(things.map(({ name }) => name).sort());
  expect(new Set(definitions.map(({ value }) => value)).size).toBe(things.length);
  for (const { value } of facts) expect(value).toMatch(/^[A-Za-z ]+$/);
});

/** `cat` of `A cat`; questions call a red sign the sign. */
const bare = (name: string) =>
  name
    .replace(/^(an?|some|the) /i, "")
    .replace(/^\w+ sign$/, "sign")
    .toLowerCase();

/** Whether a text names it, once or several times over, other than as what a sign says. */
const isNamed = (text: string, name: string) =>
  new RegExp(`\\b(${name}|${pluralOf(name)})\\b`, "i").test(text.replace(/that says \w+/g, ""));

function pairs(turns: readonly Turn[]): { question: string; answer: string }[] {
  return turns
    .map(({ content }, i) => ({ question: content.split("\n").at(-1)!, answer: turns[i + 1]?.content ?? "" }))
    .filter((_, i) => i % 2 === 0);
}
