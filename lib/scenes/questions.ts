/**
 * Questions about a scene, with short answers that are right beyond doubt. What is covered too far, too small, or hardly
 * different from its ground is neither asked about nor counted, and where it would make an answer unclear, nothing is asked.
 *
 * In `train`, no question names two things of a held-out pair, and none names a held-out text or asks for a missing thing that
 * forms a held-out pair with what is there.
 */
import type { Facts } from "./facts";
import { colour } from "./questions/colour";
import { howMany } from "./questions/how-many";
import { isThere } from "./questions/is-there";
import { oddOneOut } from "./questions/odd-one-out";
import { questionKinds, type Question, type QuestionKind, type QuestionMaker } from "./questions/question";
import { read } from "./questions/read";
import { size } from "./questions/size";
import { what } from "./questions/what";
import { where } from "./questions/where";
import { random } from "./random";
import { splits, type Split } from "./random-scene";

const makers: Record<QuestionKind, QuestionMaker> = {
  what,
  "is there": isThere,
  "how many": howMany,
  where,
  colour,
  size,
  read,
  "odd one out": oddOneOut,
};

export type QuestionOptions = {
  /** The scene's split: decides what is never said. `test` by default. */
  split?: Split;
  /** Only these kinds; all by default. */
  kinds?: readonly QuestionKind[];
  /** How many questions of a kind at most, all different. 1 by default. */
  perKind?: number;
};

/** Questions about what `sceneFacts(scene, drawn)` holds. The same facts, seed and options give the same questions. */
export function questionsOf(facts: Facts, seed: number, options: QuestionOptions = {}): Question[] {
  const { split = "test", kinds = questionKinds, perKind = 1 } = options;
  return kinds.flatMap((kind) => {
    const maker = makers[kind];
    if (!maker) {
      throw new Error(`questionsOf: expected kinds of ${questionKinds.join(", ")}, got ${JSON.stringify(kind)}`);
    }
    const r = random(seed, 100 + 10 * splits.indexOf(split) + questionKinds.indexOf(kind));
    const asked = new Map<string, Question>();
    for (let tries = 0; tries < perKind * (perKind > 1 ? 3 : 1) && asked.size < perKind; tries++) {
      const question = maker(facts, r, split);
      if (question && !asked.has(question.question)) asked.set(question.question, question);
    }
    return [...asked.values()];
  });
}
