/** The sprites: read from public/sprites, one sheet a style, only the styles that are asked for. */
import { decode } from "fast-png";
import { atlasHashes } from "./atlas-hash";
import { classOf } from "./scene";
import { styles, type StyleName } from "./styles";
import { things } from "./things";

/** Pixels beside the drawing, so that an outline has room. */
export const MARGIN = 8;

/** A drawing: `side` × `side` pixels, RGBA, premultiplied, so that mixing neighbours needs no division. */
export type Sprite = { side: number; data: Float32Array };

export type Atlas = {
  /** The styles that are loaded. */
  styles: readonly StyleName[];
  /** Whether a loaded style has a drawing of a thing. */
  has(thing: string, style: StyleName): boolean;
  /** A thing's drawing, `MARGIN` pixels of nothing around it; straight (not premultiplied) RGBA, 0 to 255. */
  straight(thing: string, style: StyleName): { side: number; data: Uint8Array };
  /** The same, premultiplied. Kept after its first use. */
  sprite(thing: string, style: StyleName): Sprite;
};

type Index = {
  spriteSize: number;
  columns: number;
  things: string[];
  styles: Record<string, { file: string; has: number[] }>;
};

/**
 * `read` gives the bytes of a file of public/sprites by its name: `fetch` in a browser, `readFile` in Node.
 * Throws a sentence if the atlas is of another vocabulary, or if a style is unknown.
 */
export async function loadAtlas(
  read: (file: string) => Promise<Uint8Array>,
  wanted: readonly StyleName[] = styles.map(({ name }) => name),
): Promise<Atlas> {
  const index = JSON.parse(new TextDecoder().decode(await read("atlas.json"))) as Index;
  if (index.things.join() !== things.map(({ name }) => name).join()) {
    throw new Error("atlas: expected the sprites of this version's 80 things, got others; run npm run atlas");
  }
  const sheets = await Promise.all(wanted.map((style) => loadSheet(style, index, read)));
  const byStyle = new Map(wanted.map((style, i) => [style, sheets[i]!]));
  const sprites = new Map<string, Sprite>();

  const sheetOf = (style: StyleName) => {
    const sheet = byStyle.get(style);
    if (!sheet) throw new Error(`atlas: expected one of the loaded styles ${wanted.join(", ")}, got ${String(style)}`);
    return sheet;
  };
  const straight: Atlas["straight"] = (thing, style) => {
    const sheet = sheetOf(style);
    const id = classOf(thing);
    if (!sheet.has.has(id))
      throw new Error(`atlas: expected a thing that ${style} draws, got ${thing}; choose another style`);
    return cut(sheet.pixels, id, index);
  };
  return {
    styles: wanted,
    has: (thing, style) => sheetOf(style).has.has(classOf(thing)),
    straight,
    sprite(thing, style) {
      const key = `${style}/${thing}`;
      const sprite = sprites.get(key) ?? premultiplied(straight(thing, style));
      sprites.set(key, sprite);
      return sprite;
    },
  };
}

async function loadSheet(style: StyleName, index: Index, read: (file: string) => Promise<Uint8Array>) {
  const entry = index.styles[style];
  if (!entry || !(style in atlasHashes)) {
    throw new Error(`atlas: expected one of the styles ${Object.keys(atlasHashes).join(", ")}, got ${String(style)}`);
  }
  const image = decode(await read(entry.file));
  const bytes = image.width * image.height * 4;
  if (image.data.length !== bytes) {
    throw new Error(
      `atlas: expected ${entry.file} to hold ${bytes} bytes of RGBA, got ${image.data.length}; run npm run atlas`,
    );
  }
  return { pixels: image.data as Uint8Array, has: new Set(entry.has) };
}

function cut(sheet: Uint8Array, id: number, { spriteSize, columns }: Index): { side: number; data: Uint8Array } {
  const side = spriteSize + 2 * MARGIN;
  const data = new Uint8Array(side * side * 4);
  const left = (id % columns) * spriteSize;
  const top = Math.floor(id / columns) * spriteSize;
  for (let y = 0; y < spriteSize; y++) {
    const from = ((top + y) * columns * spriteSize + left) * 4;
    data.set(sheet.subarray(from, from + spriteSize * 4), ((y + MARGIN) * side + MARGIN) * 4);
  }
  return { side, data };
}

export function premultiplied({ side, data }: { side: number; data: Uint8Array }): Sprite {
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    for (let c = 0; c < 3; c++) out[i + c] = (data[i + c]! * alpha) / 255;
    out[i + 3] = alpha;
  }
  return { side, data: out };
}
