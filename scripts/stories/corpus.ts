/** The corpus: a document for every seed, and the closed questions of the test split. */
import { random } from "../../lib/scenes";
import { chatOf, type TestQuestion, type TextDocument } from "./documents";
import { choiceQuestions, factDocument, factQuestions } from "./fact-documents";
import { generalDocument, generalTest, talk } from "./general";
import { askStory, tellScene } from "./scene-stories";

export type CorpusSplit = "train" | "test";
/** Streams of random numbers, apart from those of scenes. */
const streams = { train: 101, test: 102, questions: 103 };

/** The same seed and split give the same document. */
export function corpusDocument(seed: number, split: CorpusSplit): TextDocument {
  const r = random(seed, streams[split]);
  const way = r.next();
  if (way < 0.28) return factDocument(r);
  if (way < 0.36) return generalDocument(r);
  const story = tellScene(seed, r, split);
  if (way < 0.4) return { kind: "story/text", text: story.text };
  const asked = askStory(story, r).slice(0, 3 + r.int(5));
  return { kind: "story/chat", messages: talk(chatOf(asked, story.text), r) };
}

/**
 * For every story of `count` unseen scenes one question of each kind that it answers, first turn of its chat; all facts
 * and general questions; comparisons. `heldOut`: training never had the fact's question, or these two things together.
 */
export function testQuestions(count: number): TestQuestion[] {
  const out: TestQuestion[] = [];
  for (let seed = 0; seed < count; seed++) {
    const r = random(seed, streams.questions);
    const story = tellScene(1_000_000 + seed, r, "test");
    const kinds = new Set<string>();
    for (const { kind, question, answer } of askStory(story, r)) {
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      const messages = [{ role: "user" as const, content: `${story.text}\n${question}` }];
      out.push({ kind, heldOut: story.heldOut, messages, answer });
    }
  }
  const r = random(count, streams.questions);
  for (const heldOut of [false, true]) {
    out.push(...factQuestions(heldOut), ...choiceQuestions(r, Math.min(count, 100), heldOut), ...generalTest(heldOut));
  }
  return out;
}
