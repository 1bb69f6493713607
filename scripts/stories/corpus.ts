/** The corpus: a document for every seed, and the closed questions of the test split. */
import { random, type Random } from "../../lib/scenes";
import { copyDocument, copyQuestions } from "./copying";
import { chatOf, type Asked, type CorpusSplit, type TestQuestion, type TextDocument } from "./documents";
import { choiceQuestions, factDocument, factQuestions } from "./fact-documents";
import { generalDocument, generalTest, talk } from "./general";
import { chooseQuestions, tellScene } from "./scene-stories";

/** Streams of random numbers, apart from those of scenes. */
const streams = { train: 101, test: 102, questions: 103, first: 104 };

/** What asks for a caption. */
export const describeRequests = ["Describe the picture.", "Describe this picture.", "Write a caption for the picture."];

/** The same seed and split give the same document. `first`: what a model reads first, short stories and copying. */
export function corpusDocument(seed: number, split: CorpusSplit, first = false): TextDocument {
  const r = random(seed, first ? streams.first : streams[split]);
  const way = r.next();
  if (first) return way < 0.35 ? copyDocument(r, split) : storyDocument(seed, r, split, r.chance(0.25) ? 1 : 2);
  if (way < 0.09) return factDocument(r);
  if (way < 0.12) return generalDocument(r);
  if (way < 0.24) return copyDocument(r, split);
  return storyDocument(seed, r, split, r.chance(0.3) ? 2 : 3 + r.int(5));
}

function storyDocument(seed: number, r: Random, split: CorpusSplit, most: number): TextDocument {
  const story = tellScene(seed, r, split, most);
  const way = r.next();
  if (way < 0.07) return { kind: "story/text", text: story.text };
  if (way < 0.12) return { kind: "story/caption", text: story.caption };
  const asked = chooseQuestions(story, r, most > 2 ? 4 + r.int(4) : 3 + r.int(5));
  const describe: Asked = { kind: "story/describe", question: r.pick(describeRequests), answer: story.caption };
  const turns = way < 0.2 || asked.length === 0 ? [describe, ...asked.slice(2)] : asked;
  return { kind: "story/chat", messages: talk(chatOf(turns, story.text), r) };
}

/**
 * For every story of `count` unseen scenes one question of each kind that it answers, first turn of its chat; copying; all
 * facts and general questions; comparisons. `heldOut`: training never had the fact's question, these two things together,
 * or the sign's text.
 */
export function testQuestions(count: number): TestQuestion[] {
  const out: TestQuestion[] = [];
  for (let seed = 0; seed < count; seed++) {
    const r = random(seed, streams.questions);
    const story = tellScene(1_000_000 + seed, r, "test", r.chance(0.3) ? 2 : 3 + r.int(5));
    const kinds = new Set<string>();
    for (const { kind, question, answer } of chooseQuestions(story, r, 20)) {
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      const messages = [{ role: "user" as const, content: `${story.text}\n${question}` }];
      out.push({ kind, heldOut: story.heldOut, messages, answer });
    }
  }
  const r = random(count, streams.questions);
  out.push(...copyQuestions(r, count));
  for (const heldOut of [false, true]) {
    out.push(...factQuestions(heldOut), ...choiceQuestions(r, Math.min(count, 100), heldOut), ...generalTest(heldOut));
  }
  return out;
}
