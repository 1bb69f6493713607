/** What a question is, and what those who make them are given. */
import type { Facts } from "../facts";
import type { Random } from "../random";
import type { Split } from "../random-scene";

export const questionKinds = [
  "what",
  "is there",
  "how many",
  "where",
  "colour",
  "size",
  "read",
  "odd one out",
] as const;
export type QuestionKind = (typeof questionKinds)[number];

/**
 * Why a question with the answer `no` is hard. After POPE (Li et al. 2023): `random`, any missing thing; `popular`, one that
 * scenes often show; `adversarial`, one that often appears with what is there. And `swapped`: the parts of the question are
 * all in the picture, put together wrongly, or differ from what is there by one part.
 */
export const hardNegatives = ["random", "popular", "adversarial", "swapped"] as const;
export type HardNegative = (typeof hardNegatives)[number];

export type Question = {
  kind: QuestionKind;
  question: string;
  /** One to three words, without a full stop; as `choices` writes it, if there are choices. */
  answer: string;
  /** All answers that the question allows, if they are few. Of two things, the right one is as often first as last. */
  choices?: readonly string[];
  hard?: HardNegative;
  /** The places, in the scene's items, of what is asked about. Empty if the answer is that it is missing. */
  items: readonly number[];
};

export const yesNo = ["yes", "no"] as const;

/** Makes one question of a kind, or none if the scene allows none. Draws from `r` only. */
export type QuestionMaker = (facts: Facts, r: Random, split: Split) => Question | undefined;

/** Phrasings with `{slots}`. */
export type Phrasings = readonly string[];
