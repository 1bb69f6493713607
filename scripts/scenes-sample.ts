/**
 * `npm run scenes:sample`: one page of 200 mixed scenes with all that is said about them, to be looked at:
 * .cache/scenes-sample/index.html. Boxes: green is clear, orange is in doubt, red is hidden.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { encode } from "fast-png";
import {
  captionOf,
  drawWithTruth,
  loadAtlas,
  mixedScene,
  noisyCaption,
  questionKinds,
  questionsOf,
  sceneFacts,
  splits,
  type Atlas,
  type Facts,
  type Question,
  type Split,
} from "../lib/scenes";
import { buildAtlas } from "./build-atlas";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "200" },
    from: { type: "string", default: "0" },
    split: { type: "string" },
    out: { type: "string", default: ".cache/scenes-sample" },
  },
});

await buildAtlas({ log: console.error });
const atlas = await loadAtlas((file) => readFile(path.join("public", "sprites", file)));
const asked: Question[] = [];
const cards = Array.from({ length: Number(values.count) }, (_, i) => card(Number(values.from) + i, atlas));
await mkdir(values.out, { recursive: true });
await writeFile(path.join(values.out, "index.html"), page(cards));
for (const line of constantAnswers()) console.log(line);
console.log(path.join(values.out, "index.html"));

/** Splits take turns, if none is asked for; training scenes are augmented. */
function card(seed: number, sprites: Atlas): string {
  const split = (values.split as Split | undefined) ?? splits[seed % splits.length]!;
  const scene = mixedScene(seed, { split, augment: split === "train" }, sprites);
  const drawn = drawWithTruth(scene, sprites);
  const facts = sceneFacts(scene, drawn);
  const questions = questionsOf(facts, seed, { split, perKind: 2 });
  asked.push(...questions);
  const png = Buffer.from(encode({ ...drawn.picture, channels: 4 })).toString("base64");
  const noisy = noisyCaption(facts, seed, { split, rate: 1 });
  const lines = questions.map(
    ({ kind, question, answer, hard }) =>
      `<li><i>${kind}</i> ${text(question)} <b>${text(answer)}</b>${hard ? ` <i>${hard}</i>` : ""}</li>`,
  );
  return `<article><div class="picture"><img src="data:image/png;base64,${png}" alt="">${boxes(drawn.truth.items, facts)}</div>
<div><p><i>${split} ${seed}</i> ${text(captionOf(facts, seed))}</p><p class="noisy"><i>${noisy.noise}</i> ${text(noisy.text)}</p><ul>${lines.join("")}</ul></div></article>`;
}

function boxes(items: ReturnType<typeof drawWithTruth>["truth"]["items"], { items: seen }: Facts): string {
  const drawnBoxes = items.map(({ box }, index) => {
    const state = seen.find((one) => one.index === index)?.state ?? "hidden";
    if (!box) return "";
    const colour = { clear: "#0a0", unclear: "#f80", hidden: "#e00" }[state];
    return `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" stroke="${colour}"/>`;
  });
  return `<svg viewBox="0 0 128 128">${drawnBoxes.join("")}</svg>`;
}

/** For each kind, how good the best answer is that never looks. */
function constantAnswers(): string[] {
  return questionKinds.map((kind) => {
    const counts = new Map<string, number>();
    const answers = asked.filter((question) => question.kind === kind).map(({ answer }) => answer);
    for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const [best = "", count = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
    const share = Math.round((100 * count) / Math.max(1, answers.length));
    return `${kind}: ${answers.length} questions; always "${best}" is right in ${share} %`;
  });
}

function page(articles: readonly string[]): string {
  return `<!doctype html><meta charset="utf-8"><title>Samples of scenes</title><style>
body { font: 12px/1.35 system-ui, sans-serif; margin: 12px; display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px }
article { display: flex; gap: 10px; border: 1px solid #ccc; padding: 8px; break-inside: avoid }
.picture { position: relative; width: 192px; height: 192px; flex: none }
.picture > * { position: absolute; width: 192px; height: 192px }
rect { fill: none; stroke-width: 0.7 } p { margin: 0 0 4px } ul { margin: 0; padding-left: 14px } i { color: #888 } .noisy { color: #a33 }
</style>${articles.join("\n")}`;
}

function text(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
