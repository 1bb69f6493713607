/**
 * What a picture file says about itself in its first bytes: format, size, frames, colours, orientation.
 * Reads headers only, never pixels, so that a file can be refused before a decoder spends memory on it.
 *
 * Sources: PNG (W3C, third edition, with acTL of animated PNG), JPEG (ITU T.81; Adobe's APP14; Exif 2.32), GIF89a,
 * WebP (RFC 9649), BMP. AVIF, HEIC, TIFF, ICO and SVG are recognised by name, to say something useful about them.
 * Leaves out: checksums, and whether the pixels themselves are whole; the browser's decoder finds that out.
 */
import { Bytes, OutOfBytes } from "./bytes";
import { inspectGif } from "./inspect-gif";
import { inspectJpeg } from "./inspect-jpeg";
import { inspectPng } from "./inspect-png";
import { inspectWebp } from "./inspect-webp";
import type { PictureFormat, PictureInfo } from "./picture-info";

/** @throws a sentence when the bytes are not a picture, or their header is damaged. */
export function inspectPicture(file: Uint8Array): PictureInfo {
  if (file.length === 0) throw new Error("picture: expected a picture file, got an empty file (0 bytes)");
  const format = signature(file);
  if (!format)
    throw new Error(`picture: expected a picture (PNG, JPEG, GIF, WebP, AVIF or BMP), got ${looksLike(file)}`);

  const bytes = new Bytes(file);
  let info: PictureInfo;
  try {
    info = readers[format](bytes);
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    throw new Error(
      `picture: expected a whole ${name(format)} file, got one that ends inside its header (${file.length} bytes)`,
    );
  }
  if (info.width === 0 || info.height === 0) {
    throw new Error(
      `picture: expected at least 1 × 1 pixels, got a ${name(format)} file of ${info.width} × ${info.height}`,
    );
  }
  return info;
}

/** A format's name as people write it. */
export function name(format: PictureFormat): string {
  return format === "webp" ? "WebP" : format.toUpperCase();
}

const still = { width: null, height: null, animated: false, components: null, orientation: 1, complete: true };

const readers: Record<PictureFormat, (bytes: Bytes) => PictureInfo> = {
  png: inspectPng,
  jpeg: inspectJpeg,
  gif: inspectGif,
  webp: inspectWebp,
  bmp: (bytes) => {
    const old = bytes.u32(14, "little") === 12; // OS/2's header, with 16-bit sizes
    const width = old ? bytes.u16(18, "little") : bytes.i32(18);
    const height = old ? bytes.u16(20, "little") : Math.abs(bytes.i32(22)); // below 0: top row first
    return { ...still, format: "bmp", width: Math.max(0, width), height };
  },
  avif: (bytes) => ({ ...still, format: "avif", animated: bytes.text(8, 4) === "avis" }),
  heic: () => ({ ...still, format: "heic" }),
  tiff: () => ({ ...still, format: "tiff" }),
  ico: () => ({ ...still, format: "ico" }),
  svg: () => ({ ...still, format: "svg" }),
};

function signature(file: Uint8Array): PictureFormat | undefined {
  const head = String.fromCharCode(...file.subarray(0, 12)); // one character a byte
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (/^GIF8[79]a/.test(head)) return "gif";
  if (/^RIFF[^]{4}WEBP/.test(head)) return "webp";
  if (/^[^]{4}ftypavi[fs]/.test(head)) return "avif";
  if (/^[^]{4}ftyp(hei[cxms]|hev[cx]|mif1|msf1)/.test(head)) return "heic";
  if (head.startsWith("II*\0") || head.startsWith("MM\0*")) return "tiff";
  if (head.startsWith("\0\0\x01\0")) return "ico";
  if (/^BM[^]{4}\0\0\0\0/.test(head)) return "bmp";
  const text = new TextDecoder().decode(file.subarray(0, 2000));
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/i.test(text)) return "svg";
  return undefined;
}

function looksLike(file: Uint8Array): string {
  const head = file.subarray(0, 16);
  const bytes = [...head.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  if (String.fromCharCode(...head).startsWith("%PDF")) return "a PDF; export its page as a picture first";
  if (head.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)) {
    return `a file that starts with the text ${JSON.stringify(new TextDecoder().decode(head))}`;
  }
  return `a file that starts with the bytes ${bytes}`;
}
