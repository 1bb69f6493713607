/**
 * `npm run build`: the sprite atlas if it is missing, the front page's picture, then the static site in `out/`.
 * Needs no network. A stamp in `out/` holds a hash of everything that went in, so that `npm start` knows when to build again.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readCourse } from "../lib/course";
import { OUTPUT_PICTURES, writeOutputPictures } from "./output-pictures";
import { runBin } from "./run-bin";

const OUT = "out";
const STAMP = join(OUT, ".built-from");
const INPUTS = [
  "app",
  "components",
  "content",
  "lib",
  "public",
  "scripts",
  "NOTICE",
  "next.config.mjs",
  "package-lock.json",
  "tsconfig.json",
];
/** Written by the build itself. */
const MADE = new Set([resolve("public/sprites"), resolve("public/cells"), resolve(OUTPUT_PICTURES)]);

/** Builds, or throws an error that says which step failed; the step has said above what was wrong. */
export async function build(): Promise<void> {
  step("the sprite atlas", "tsx", ["scripts/build-atlas.ts"]);
  writeOutputPictures(await readCourse({ root: resolve(".") })); // what is wrong in content/ is said here, before anything slow
  step("the front page's picture", "tsx", ["scripts/render-home.ts"]);
  rmSync(OUT, { recursive: true, force: true });
  step("the site", "next", ["build"]);
  if (!existsSync(join(OUT, "index.html"))) throw new Error(`build: expected ${OUT}/index.html, and Next wrote none`);
  writeFileSync(STAMP, inputsHash());
}

/** Builds when `out/` is missing or was built from something else; says which. */
export async function buildIfNeeded(say: (sentence: string) => void = console.log): Promise<void> {
  const built = existsSync(STAMP) ? readFileSync(STAMP, "utf8") : undefined;
  if (built === inputsHash()) return say("The built site in out/ is up to date.");
  say(
    built === undefined
      ? "There is no built site in out/ yet: building."
      : "The course has changed since out/ was built: building.",
  );
  await build();
}

function step(what: string, name: string, args: string[]): void {
  const status = runBin(name, args, { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" });
  if (status !== 0) throw new Error(`build: ${what} could not be built (${name} ended with ${status}); see above`);
}

/** Of the path and the content of every input. */
function inputsHash(): string {
  const hash = createHash("sha256");
  for (const path of INPUTS.flatMap(filesIn))
    hash.update(path.replaceAll("\\", "/")).update("\0").update(readFileSync(path));
  return hash.digest("hex");
}

function filesIn(path: string): string[] {
  if (!existsSync(path) || MADE.has(resolve(path))) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await build();
    console.log("The site is in out/. Any static server can serve it; npm start does.");
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
