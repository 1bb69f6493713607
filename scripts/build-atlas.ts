/**
 * Rasterises the emoji sets into public/sprites: one PNG for each style (8 × 10 sprites of 96 × 96, RGBA, not
 * premultiplied) and atlas.json (what is where, whose work it is, under which licence).
 *
 * `npm run atlas` builds what is missing or out of date. `npm run atlas -- --write-hashes` is for whoever changes the
 * sprites on purpose: it accepts the new pixels and writes lib/scenes/atlas-hash.ts.
 *
 * The rasteriser is WebAssembly (resvg), so the pixels are the same on every machine; the hash check proves it.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { atlasHashes, SPRITE_CONTENT, SPRITE_SIZE, styles, things, type StyleName } from "../lib/scenes";
import { encodePng } from "./png";

const COLUMNS = 8;
const PROBE = 256; // pixels of the first drawing, from which the drawing's own box is measured
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = path.join(root, "public", "sprites");
const hashFile = path.join(root, "lib", "scenes", "atlas-hash.ts");
const require = createRequire(import.meta.url);

type IconSet = {
  width?: number;
  height?: number;
  icons: Record<string, { body: string; left?: number; top?: number; width?: number; height?: number }>;
  aliases?: Record<string, { parent: string } & Record<string, unknown>>;
};

/** Where a set has another name for the same drawing. A set that lacks a thing lacks it: nothing is replaced by a look-alike. */
const otherNames: Partial<Record<StyleName, Record<string, string>>> = {
  fxemoji: {
    "cat-face": "cat",
    "dog-face": "dog",
    panda: "pandaface",
    "cow-face": "cowface",
    "pig-face": "pig",
    "monkey-face": "monkeyface",
    "tropical-fish": "tropicalfish",
    "spouting-whale": "spurtingwhale",
    "red-apple": "redapple",
    "ear-of-corn": "earofmaize",
    eggplant: "aubergine",
    "french-fries": "frenchfries",
    "birthday-cake": "birthdaycake",
    "soft-ice-cream": "softicecream",
    locomotive: "steamlocomotive",
    scissors: "blackscissors",
    "light-bulb": "lightbulb",
    "alarm-clock": "alarmclock",
    "closed-book": "closedbook",
    "wrapped-gift": "present",
    "soccer-ball": "soccerball",
    "palm-tree": "palmtree",
    "evergreen-tree": "evergreen",
    sun: "sunrays",
    "crescent-moon": "crescentmoon",
    snowman: "snowmanwithoutsnow",
    house: "housebuilding",
    pizza: "sliceofpizza",
    umbrella: "", // it has one only folded up, which the other sets have under another name
  },
  "streamline-emojis": {
    fox: "fox-face-1",
    bear: "bear-face",
    panda: "panda-face",
    frog: "frog-face",
    penguin: "penguin-1",
    strawberry: "strawberry-1",
    watermelon: "watermelon-1",
    pizza: "pizza-1",
    hamburger: "hamburger-1",
    doughnut: "doughnut-1",
    "birthday-cake": "birthday-cake-1",
    "soft-ice-cream": "soft-ice-cream-1",
    "wrapped-gift": "wrapped-gift-1",
    cactus: "cactus-1",
    sunflower: "sunflower-1",
    cloud: "cloud-1",
  },
};

/** Builds the atlas if it is missing or out of date; resolves to whether it had to. */
export async function buildAtlas(
  options: { writeHashes?: boolean; log?: (line: string) => void } = {},
): Promise<boolean> {
  const log = options.log ?? (() => undefined);
  const recipe = await recipeHash();
  if (!options.writeHashes && (await upToDate(recipe))) return false;

  await initOnce();
  await mkdir(folder, { recursive: true });
  const entries: Record<string, unknown> = {};
  const hashes: Record<string, string> = {};
  const wrong: string[] = [];
  const sheets = new Map<string, Uint8Array>();
  for (const style of styles) {
    const started = Date.now();
    const { pixels, has, version } = await rasterise(style.name);
    const sha256 = createHash("sha256").update(pixels).digest("hex");
    hashes[style.name] = sha256;
    const wanted = (atlasHashes as Partial<Record<string, string>>)[style.name];
    if (!options.writeHashes && sha256 !== wanted)
      wrong.push(`${style.name} (expected ${wanted ?? "none"}, got ${sha256})`);
    const rows = Math.ceil(things.length / COLUMNS);
    const png = encodePng(COLUMNS * SPRITE_SIZE, rows * SPRITE_SIZE, pixels);
    sheets.set(`${style.name}.png`, png);
    entries[style.name] = {
      file: `${style.name}.png`,
      sha256,
      bytes: png.length,
      has,
      title: style.title,
      author: style.author,
      licence: style.licence,
      url: style.url,
      package: `@iconify-json/${style.name}`,
      version,
      changes: "cropped to the drawing and rasterised",
    };
    log(
      `${style.name}: ${has.length} of ${things.length} things, ${(png.length / 1024).toFixed(0)} KB, ${Date.now() - started} ms`,
    );
  }
  if (wrong.length > 0) {
    throw new Error(
      `atlas: expected the sprites whose hashes are in lib/scenes/atlas-hash.ts, got other pixels for ${wrong.join("; ")}. ` +
        "Run npm ci to get the pinned emoji sets; if you changed the sprites on purpose, run npm run atlas -- --write-hashes.",
    );
  }
  // Only what passed is written, and the index goes first and comes last: it never stands beside sheets of another build.
  await rm(path.join(folder, "atlas.json"), { force: true });
  for (const [file, png] of sheets) await writeWhole(path.join(folder, file), png);
  if (options.writeHashes) await writeFile(hashFile, hashSource(hashes));
  const index = {
    recipe,
    spriteSize: SPRITE_SIZE,
    spriteContent: SPRITE_CONTENT,
    columns: COLUMNS,
    things: things.map((thing) => thing.name),
    styles: entries,
  };
  await writeWhole(path.join(folder, "atlas.json"), Buffer.from(`${JSON.stringify(index, null, 1)}\n`));
  return true;
}

/** A hash of all that decides the pixels, so that a change of any of it rebuilds. */
async function recipeHash(): Promise<string> {
  const hash = createHash("sha256");
  hash.update(await readFile(fileURLToPath(import.meta.url)));
  hash.update(JSON.stringify([things, styles, SPRITE_SIZE, SPRITE_CONTENT, COLUMNS]));
  for (const style of styles) hash.update(packageVersion(`@iconify-json/${style.name}`));
  hash.update(packageVersion("@resvg/resvg-wasm", "index_bg.wasm"));
  return hash.digest("hex");
}

async function upToDate(recipe: string): Promise<boolean> {
  const file = path.join(folder, "atlas.json");
  if (!existsSync(file) || !styles.every((style) => existsSync(path.join(folder, `${style.name}.png`)))) return false;
  try {
    const index = JSON.parse(await readFile(file, "utf8")) as {
      recipe?: string;
      styles: Record<string, { sha256: string }>;
    };
    const committed = atlasHashes as Partial<Record<string, string>>;
    return (
      index.recipe === recipe && styles.every((style) => index.styles[style.name]?.sha256 === committed[style.name])
    );
  } catch {
    return false; // a torn or foreign file: build it again
  }
}

/** One style's sheet: RGBA pixels of 8 columns, and the class ids of the things that the set has. */
async function rasterise(style: StyleName): Promise<{ pixels: Uint8Array; has: number[]; version: string }> {
  const name = `@iconify-json/${style}`;
  const set = JSON.parse(await readFile(require.resolve(`${name}/icons.json`), "utf8")) as IconSet;
  const rows = Math.ceil(things.length / COLUMNS);
  const width = COLUMNS * SPRITE_SIZE;
  const pixels = new Uint8Array(width * rows * SPRITE_SIZE * 4);
  const has: number[] = [];
  things.forEach((thing, id) => {
    const icon = find(set, otherNames[style]?.[thing.icon] ?? thing.icon);
    if (!icon) return;
    has.push(id);
    const sprite = drawIcon(icon, set);
    const left = (id % COLUMNS) * SPRITE_SIZE;
    const top = Math.floor(id / COLUMNS) * SPRITE_SIZE;
    for (let y = 0; y < SPRITE_SIZE; y++) {
      pixels.set(sprite.subarray(y * SPRITE_SIZE * 4, (y + 1) * SPRITE_SIZE * 4), ((top + y) * width + left) * 4);
    }
  });
  return { pixels, has, version: packageVersion(name) };
}

function find(set: IconSet, name: string) {
  const alias = set.aliases?.[name];
  if (alias && Object.keys(alias).length > 1) return undefined; // turned or flipped: not the same drawing
  return set.icons[alias?.parent ?? name];
}

/** A drawing, scaled so that its longer side fills SPRITE_CONTENT pixels in the middle of the sprite. */
function drawIcon(icon: IconSet["icons"][string], set: IconSet): Uint8Array {
  const box = {
    left: icon.left ?? 0,
    top: icon.top ?? 0,
    width: icon.width ?? set.width ?? 16,
    height: icon.height ?? set.height ?? 16,
  };
  const side = Math.max(box.width, box.height);
  const square = { left: box.left - (side - box.width) / 2, top: box.top - (side - box.height) / 2, side };
  const probe = render(icon.body, square, PROBE);
  let [x0, y0, x1, y1] = [PROBE, PROBE, 0, 0];
  for (let y = 0; y < PROBE; y++) {
    for (let x = 0; x < PROBE; x++) {
      if ((probe[(y * PROBE + x) * 4 + 3] ?? 0) < 16) continue;
      x0 = Math.min(x0, x);
      y0 = Math.min(y0, y);
      x1 = Math.max(x1, x + 1);
      y1 = Math.max(y1, y + 1);
    }
  }
  const unit = side / PROBE;
  const drawn = Math.max(x1 - x0, y1 - y0) * unit;
  const whole = (drawn * SPRITE_SIZE) / SPRITE_CONTENT;
  const tight = {
    left: square.left + ((x0 + x1) / 2) * unit - whole / 2,
    top: square.top + ((y0 + y1) / 2) * unit - whole / 2,
    side: whole,
  };
  return straight(render(icon.body, tight, SPRITE_SIZE));
}

function render(body: string, box: { left: number; top: number; side: number }, size: number): Uint8Array {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${size}" height="${size}" ` +
    `viewBox="${box.left} ${box.top} ${box.side} ${box.side}" color="#000">${body}</svg>`;
  const resvg = new Resvg(svg);
  const image = resvg.render();
  const pixels = image.pixels.slice();
  image.free();
  resvg.free();
  return pixels;
}

/** resvg's pixels are premultiplied; a PNG's are not. */
function straight(pixels: Uint8Array): Uint8Array {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3]!;
    for (let c = i; c < i + 3; c++) pixels[c] = alpha === 0 ? 0 : Math.min(255, Math.round((pixels[c]! * 255) / alpha));
  }
  return pixels;
}

let ready: Promise<void> | undefined;
function initOnce(): Promise<void> {
  ready ??= readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")).then((wasm) => initWasm(wasm));
  return ready;
}

/** The version of an installed package. Read beside a file that the package does export: not all export package.json. */
function packageVersion(name: string, file = "icons.json"): string {
  const manifest = path.join(path.dirname(require.resolve(`${name}/${file}`)), "package.json");
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

/** Written beside and renamed, so that nobody reads half a file when two builds run at once. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, bytes);
  await rename(temporary, file);
}

function hashSource(hashes: Record<string, string>): string {
  const lines = Object.entries(hashes).map(
    ([name, hash]) => `  ${/^[a-z]+$/.test(name) ? name : JSON.stringify(name)}: "${hash}",`,
  );
  return (
    "/** SHA-256 of each style's sheet (RGBA pixels, not the file). Written by npm run atlas -- --write-hashes; checked by every build. */\n" +
    `export const atlasHashes = {\n${lines.join("\n")}\n} as const;\n`
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => flag !== "--write-hashes");
  if (unknown) {
    console.error(`atlas: expected no flag or --write-hashes, got ${unknown}`);
    process.exit(2);
  }
  try {
    const built = await buildAtlas({ writeHashes: flags.includes("--write-hashes"), log: console.log });
    console.log(built ? "atlas: built" : "atlas: up to date");
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
