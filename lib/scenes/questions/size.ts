/** Size: which of two looks larger or smaller, on the picture, whatever the things measure outside it. */
import { isSign, limits, named, type Facts, type Seen } from "../facts";
import { fill, isPlural } from "../grammar";
import { isLarger } from "../relations";
import { SCENE_SIZE } from "../scene";
import { yesNo, type Phrasings, type QuestionMaker } from "./question";

export const sizePhrasings = {
  which: ["which looks {word}, the {a} or the {b}?", "which is {word} in the picture, the {a} or the {b}?"],
  yesNo: ["does the {a} look {word} than the {b}?", "in the picture, is the {a} {word} than the {b}?"],
  most: ["what looks the {word} in the picture?", "which looks the {word} of all?"],
} satisfies Record<string, Phrasings>;

export const size: QuestionMaker = (facts, r) => {
  const measured = named(facts).filter(isMeasured);
  const pairs = measured.flatMap((large) =>
    measured.flatMap((small) => (isLarger(large, small) ? [{ large, small }] : [])),
  );
  if (pairs.length === 0) return undefined;
  const larger = r.chance(0.5);
  const extreme = r.chance(0.25) && extremeOf(facts, measured, larger);
  if (extreme) {
    const word = larger ? "largest" : "smallest";
    const question = fill(r.pick(sizePhrasings.most), { word });
    return { kind: "size", question, answer: extreme.name, items: [extreme.index] };
  }
  const { large, small } = r.pick(pairs);
  const [a, b] = r.chance(0.5) ? [large, small] : [small, large];
  const slots = { word: larger ? "larger" : "smaller", a: a.name, b: b.name };
  const right = larger ? large : small;
  const closed = r.chance(0.35) && !isPlural(a.name);
  return {
    kind: "size",
    question: fill(r.pick(closed ? sizePhrasings.yesNo : sizePhrasings.which), slots),
    answer: closed ? (a === right ? "yes" : "no") : right.name,
    choices: closed ? yesNo : [a.name, b.name],
    ...(closed && a !== right ? { hard: "swapped" as const } : {}),
    items: [a.index, b.index],
  };
};

/** Wholly on the picture and uncovered. Signs are wide and flat: which of two is larger is a matter of taste. */
const isMeasured = (seen: Seen) =>
  !isSign(seen) &&
  seen.visible >= limits.whole &&
  seen.box.x > 0 &&
  seen.box.y > 0 &&
  seen.box.x + seen.box.width < SCENE_SIZE &&
  seen.box.y + seen.box.height < SCENE_SIZE;

/** The one that is clearly larger (or smaller) than each of at least two others. */
function extremeOf({ items }: Facts, measured: readonly Seen[], larger: boolean): Seen | undefined {
  if (items.length < 3 || measured.length < items.length) return undefined;
  return measured.find((seen) =>
    items.every((other) => other === seen || (larger ? isLarger(seen, other) : isLarger(other, seen))),
  );
}
