/**
 * From a picture file to pixels, with the browser's own decoder.
 *
 * What it does with the odd ones: several frames: the first, with a note. Transparent: over white. Rotated by Exif:
 * turned upright. CMYK: converted to sRGB by the browser, with a note. More than 1,024 pixels on a side: made smaller,
 * with a note, so that neither memory nor a resize on the main thread gets out of hand. 1 × 1: decoded, with a note.
 * More than 50 million pixels, SVG, PDF, not a picture, cut off: refused in a sentence, before any decoding.
 */
import { inspectPicture, name } from "./inspect";
import type { Picture } from "./picture";
import type { PictureInfo } from "./picture-info";

/** Pixels on a side of what decodePicture gives, at most. */
export const MAX_SIDE = 1024;
const MAX_PIXELS = 50_000_000; // 200 MB while decoding
const MAX_BYTES = 100_000_000;

/** A picture, and what a reader should know about how it was read, in a sentence or two. */
export type DecodedPicture = Picture & { note?: string };

/** @throws a sentence that says what is wrong with the file and what to do. Needs a browser. */
export async function decodePicture(file: Blob): Promise<DecodedPicture> {
  if (file.size > MAX_BYTES) {
    throw new Error(
      `picture: expected a file of at most 100 MB, got ${Math.ceil(file.size / 1e6)} MB; make it smaller first`,
    );
  }
  const info = inspectPicture(new Uint8Array(await file.arrayBuffer()));
  refuse(info);
  const bitmap = await decode(file, info);
  try {
    return pixels(bitmap, info);
  } finally {
    bitmap.close();
  }
}

function refuse(info: PictureInfo): void {
  const { format, width, height } = info;
  if (format === "svg") {
    throw new Error("picture: expected pixels, got an SVG, which is a drawing without a size; export it as PNG first");
  }
  if (!info.complete) {
    throw new Error(
      `picture: expected a whole ${name(format)} file, got one whose end is missing; download or save it again`,
    );
  }
  if (width !== null && height !== null && width * height > MAX_PIXELS) {
    throw new Error(
      `picture: expected at most ${MAX_PIXELS / 1e6} million pixels, got ${count(width)} × ${count(height)} ` +
        `(${Math.round((width * height) / 1e6)} million); make it smaller first`,
    );
  }
}

async function decode(file: Blob, info: PictureInfo): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    const what = info.components === 4 ? "CMYK JPEG" : name(info.format);
    throw new Error(
      `picture: this browser cannot decode this ${what} file; it may be damaged. Save it as PNG or as an RGB JPEG and try again`,
    );
  }
}

function pixels(bitmap: ImageBitmap, info: PictureInfo): DecodedPicture {
  const scale = Math.min(1, MAX_SIDE / bitmap.width, MAX_SIDE / bitmap.height);
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  if (!context) throw new Error(`picture: this browser has no memory left for a canvas of ${width} × ${height} pixels`);
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const picture: DecodedPicture = { width, height, data: context.getImageData(0, 0, width, height).data };
  const note = notes(info, bitmap, picture).join(" ");
  return note ? { ...picture, note } : picture;
}

function notes(info: PictureInfo, bitmap: ImageBitmap, picture: Picture): string[] {
  const notes = [];
  if (info.animated) notes.push(`This ${name(info.format)} is animated: its first frame is used.`);
  if (info.components === 4)
    notes.push("This JPEG has the colours of print (CMYK): the browser converted them to sRGB.");
  if (bitmap.width !== picture.width || bitmap.height !== picture.height) {
    const [from, to] = [bitmap, picture].map(({ width, height }) => `${count(width)} × ${count(height)}`);
    notes.push(`This picture was made smaller when it was opened: from ${from} to ${to} pixels.`);
  }
  if (bitmap.width === 1 && bitmap.height === 1) {
    notes.push("This picture is a single pixel: a model sees one colour everywhere.");
  }
  return notes;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
