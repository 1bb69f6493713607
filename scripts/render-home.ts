/**
 * What the front page shows before any script runs: its first scene, and what the real model says of it, computed here by
 * the same code on the reference executor. Written to .cache/home.json, which the page reads when it is built.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { encode } from "fast-png";
import { openEyes } from "../components/home/look";
import { FIRST, sceneOf } from "../components/home/scene";
import { createEngine } from "../lib/notebook";

const url = (path: string) => pathToFileURL(resolve(path)).href;

const eyes = await openEyes({
  engine: createEngine({ prefer: "reference" }),
  modelsUrl: url("public/models"),
  spritesUrl: url("public/sprites"),
});
const { picture, answers, weights } = await eyes.see(sceneOf(FIRST.thing, FIRST.x, FIRST.y));
const png = encode({ width: picture.width, height: picture.height, data: new Uint8Array(picture.data), channels: 4 });

mkdirSync(".cache", { recursive: true });
writeFileSync(
  ".cache/home.json",
  JSON.stringify({
    picture: `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
    answers,
    weights: weights.map((weight) => Number(weight.toFixed(5))),
    parameterCount: eyes.parameterCount,
  }),
);
console.log(`The front page's picture: ${answers[0]!.label}, ${answers[0]!.probability.toFixed(3)}.`);
