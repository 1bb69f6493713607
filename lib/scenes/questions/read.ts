/** Read the sign. */
import { readableSign } from "../facts";
import { fill } from "../grammar";
import type { Split } from "../random-scene";
import { isHeldOutText, signTexts } from "../sign-text";
import { yesNo, type Phrasings, type QuestionMaker } from "./question";

export const readPhrasings = {
  all: ["what does the sign say?", "what is written on the sign?", "read the sign."],
  word: ["which word is on the sign?", "what is the word on the sign?"],
  number: ["which number is on the sign?", "what is the number on the sign?"],
  yesNo: ["does the sign say {text}?"],
} satisfies Record<string, Phrasings>;

export const read: QuestionMaker = (facts, r, split) => {
  const sign = readableSign(facts);
  if (!sign) return undefined;
  const text = sign.item.text.toUpperCase();
  const items = [sign.index];
  const similar = similarTexts(text, split);
  // A text like no other, because a reader or a training set wrote it, is only asked for openly.
  if (r.chance(0.85) || similar.length === 0) {
    const phrasings = [...readPhrasings.all, ...(/^\d+$/.test(text) ? readPhrasings.number : readPhrasings.word)];
    return { kind: "read", question: fill(r.pick(phrasings)), answer: text, items };
  }
  const yes = r.chance(0.5);
  const near = yes ? [text] : similar;
  return {
    kind: "read",
    question: fill(r.pick(readPhrasings.yesNo), { text: r.pick(near) }),
    answer: yes ? "yes" : "no",
    choices: yesNo,
    ...(yes ? {} : { hard: "swapped" as const }),
    items,
  };
};

/** Other texts of the same length, those that share most letters first. In training, none that is held out. */
function similarTexts(text: string, split: Split): string[] {
  const shared = (other: string) => [...other].filter((character, i) => character === text[i]).length;
  return signTexts
    .filter((other) => other !== text && other.length === text.length && !(split === "train" && isHeldOutText(other)))
    .sort((a, b) => shared(b) - shared(a))
    .slice(0, 6);
}
