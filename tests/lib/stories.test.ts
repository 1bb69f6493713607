/** The text corpus: the same for ever, true to its own words, and without what the test asks. */
import { describe, expect, test } from "vitest";
import { isHeldOutPair, random, things, type Item } from "../../lib/scenes";
import { corpusDocument, testQuestions } from "../../scripts/stories/corpus";
import type { TextDocument, Turn } from "../../scripts/stories/documents";
import { tellScene } from "../../scripts/stories/scene-stories";
import { facts } from "../../scripts/stories/facts";

const documents = Array.from({ length: 3000 }, (_, seed) => corpusDocument(seed, "train"));
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
  expect(corpusDocument(7, "train")).toEqual(documents[7]);
  expect(corpusDocument(7, "test")).not.toEqual(documents[7]);
  expect(new Set(documents.map((document) => JSON.stringify(document))).size).toBeGreaterThan(2900);
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

  test("no story of training has two things of a held-out pair; those held out in the test have", () => {
    const pairIn = (whole: string) => {
      const text = whole.replace(/The sign says \w+\./, "");
      const shown = things.map(({ name }) => name).filter((name) => new RegExp(`\\b${name}\\b`, "i").test(text));
      return shown.some((one) => shown.some((other) => isHeldOutPair(one, other)));
    };
    for (const { text } of stories) expect(pairIn(text), text).toBe(false);
    const kept = heldOut.filter(({ kind }) => kind.startsWith("story/"));
    expect(kept.length).toBeGreaterThan(50);
    for (const { messages } of kept) expect(pairIn(messages[0]!.content.split("\n")[0]!)).toBe(true);
  });
});

describe("answers follow from the words", () => {
  const opposite: Record<string, string> = {
    "left of": "right of",
    "right of": "left of",
    above: "below",
    below: "above",
  };
  /** What a reader takes from the sentences, without the code that wrote them. */
  const placesIn = (text: string) =>
    text.split(/(?<=\.) /).flatMap((sentence) => {
      const plain = sentence.replace(/^There (is|are) /, "").replace(/\.$/, "");
      const turned = /^(left of|right of|above|below) the (.+) there (?:is|are) (.+)$/i.exec(plain);
      if (turned) return [{ name: bare(turned[3]!), direction: turned[1]!.toLowerCase(), by: turned[2]! }];
      const straight = /^(.+?) (?:is |are )?(left of|right of|above|below) the (.+)$/i.exec(plain);
      return straight ? [{ name: bare(straight[1]!), direction: straight[2]!, by: straight[3]! }] : [];
    });

  test("what is left of it, where it is, is it there", () => {
    let checked = 0;
    for (const { text, asked } of stories) {
      const told = placesIn(text);
      const all = [
        ...told,
        ...told.map(({ name, direction, by }) => ({ name: by, by: name, direction: opposite[direction]! })),
      ];
      for (const { question, answer } of asked) {
        const what = /^What is (left of|right of|above|below) the (.+)\?$/.exec(question);
        if (what) {
          const right = all.filter(({ by, direction }) => by === what[2] && direction === what[1]);
          expect(
            right.map(({ name }) => name),
            `${text} ${question}`,
          ).toEqual([bare(answer)]);
          checked++;
        }
        const there = /^(?:Is|Are) there (.+)\?$/.exec(question);
        if (there) {
          const shown = new RegExp(`\\b${bare(there[1]!)}\\b`, "i").test(text);
          expect(answer, `${text} ${question}`).toBe(shown ? "yes" : "no");
          checked++;
        }
        const where = /^(?:Is|Are) the (.+) (left of|right of|above|below) the (.+)\?$/.exec(question);
        if (where) {
          const right = all.some((one) => one.name === where[1] && one.direction === where[2] && one.by === where[3]);
          expect(answer, `${text} ${question}`).toBe(right ? "yes" : "no");
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(2000);
  });
});

test("a story says of its scene what is so", () => {
  const name = (item: Item) =>
    item.kind === "thing" ? item.thing : item.kind === "shape" ? `${item.colour} ${item.shape}` : "sign";
  let compared = 0;
  for (let seed = 0; seed < 400; seed++) {
    const { items, placed, bigger } = tellScene(seed, random(seed, 9), "test");
    const called = (wanted: string) => items.find((item) => name(item) === wanted)!;
    for (const { name: one, by, direction } of placed) {
      const [a, b] = [called(one), called(by)];
      const holds = { "left of": a.x < b.x, "right of": a.x > b.x, above: a.y < b.y, below: a.y > b.y };
      expect(holds[direction]).toBe(true);
      compared++;
    }
    for (const [large, small] of bigger) expect(called(large).size).toBeGreaterThan(called(small).size);
  }
  expect(compared).toBeGreaterThan(400);
});

test("every thing has a definition of its own, and facts are words of the course", () => {
  const definitions = facts.filter(({ relation }) => relation === "definition");
  expect(definitions.map(({ thing }) => thing).sort()).toEqual(things.map(({ name }) => name).sort());
  expect(new Set(definitions.map(({ value }) => value)).size).toBe(things.length);
  for (const { value } of facts) expect(value).toMatch(/^[A-Za-z ]+$/);
});

const bare = (name: string) => name.replace(/^(a|an) /i, "").toLowerCase();

function pairs(turns: readonly Turn[]): { question: string; answer: string }[] {
  return turns
    .map(({ content }, i) => ({ question: content.split("\n").at(-1)!, answer: turns[i + 1]?.content ?? "" }))
    .filter((_, i) => i % 2 === 0);
}
