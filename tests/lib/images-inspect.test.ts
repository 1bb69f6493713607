/** What a picture file says about itself. Fixtures: training/make_image_fixtures.py, 24 × 16 pixels unless named. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { inspectPicture, type PictureInfo } from "../../lib/images";

const fixture = (name: string) => new Uint8Array(readFileSync(`tests/fixtures/images/${name}`));
const usual = { width: 24, height: 16, animated: false, components: null, orientation: 1, complete: true };
const unread = { ...usual, width: null, height: null };

describe("inspectPicture", () => {
  test.each<[string, PictureInfo]>([
    ["plain.png", { ...usual, format: "png" }],
    ["plain.jpg", { ...usual, format: "jpeg", components: 3 }],
    ["progressive.jpg", { ...usual, format: "jpeg", components: 3 }],
    ["grey.jpg", { ...usual, format: "jpeg", components: 1 }],
    ["cmyk.jpg", { ...usual, format: "jpeg", components: 4 }],
    ["plain.gif", { ...usual, format: "gif" }],
    ["lossy.webp", { ...usual, format: "webp" }],
    ["lossless.webp", { ...usual, format: "webp" }],
    ["transparent.webp", { ...usual, format: "webp" }],
    ["plain.bmp", { ...usual, format: "bmp" }],
    ["animated.gif", { ...usual, format: "gif", animated: true }],
    ["animated.png", { ...usual, format: "png", animated: true }],
    ["animated.webp", { ...usual, format: "webp", animated: true }],
    ["rotated-3.jpg", { ...usual, format: "jpeg", components: 3, orientation: 3 }],
    ["rotated-6.jpg", { ...usual, format: "jpeg", components: 3, orientation: 6 }],
    ["rotated-8.jpg", { ...usual, format: "jpeg", components: 3, orientation: 8 }],
    ["rotated-6.png", { ...usual, format: "png", orientation: 6 }],
    ["rotated-6.webp", { ...usual, format: "webp", orientation: 6 }],
    ["one-pixel.png", { ...usual, format: "png", width: 1, height: 1 }],
    ["wide.png", { ...usual, format: "png", width: 20_000, height: 2 }],
    ["huge.png", { ...usual, format: "png", width: 40_000, height: 40_000 }],
    ["cut.png", { ...usual, format: "png", complete: false }],
    ["cut.jpg", { ...usual, format: "jpeg", components: 3, complete: false }],
    ["plain.avif", { ...unread, format: "avif" }],
    ["plain.tiff", { ...unread, format: "tiff" }],
    ["drawing.svg", { ...unread, format: "svg" }],
  ])("%s", (name, expected) => {
    expect(inspectPicture(fixture(name))).toEqual(expected);
  });

  const text = (words: string) => new TextEncoder().encode(words);
  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", fixture("empty.png"), /got an empty file \(0 bytes\)/],
    ["text with a picture's name", fixture("text.png"), /got a file that starts with the text "This is not a pi"/],
    ["a PDF", text("%PDF-1.7 and so on"), /got a PDF/],
    ["other bytes", Uint8Array.of(0, 255, 17, 3, 9), /starts with the bytes 00 ff 11 03/],
    ["a PNG's first 20 bytes", fixture("plain.png").subarray(0, 20), /a whole PNG file.*inside its header/],
    ["a JPEG's first 60 bytes", fixture("plain.jpg").subarray(0, 60), /a whole JPEG file.*inside its header/],
    ["a PNG of 0 × 16", patched("plain.png", 16, [0, 0, 0, 0]), /at least 1 × 1 pixels, got a PNG file of 0 × 16/],
    ["a PNG without a header chunk", patched("plain.png", 12, [65]), /IHDR/],
    ["a JPEG with a broken segment", patched("plain.jpg", 20, [1]), /JPEG's header, got no marker at byte 20/],
  ])("%s is refused in a sentence", (_, bytes, sentence) => {
    expect(() => inspectPicture(bytes)).toThrow(sentence);
  });

  test("a file cut anywhere, or with any byte changed, gives an answer or a sentence, soon", () => {
    const names = ["plain.png", "rotated-6.jpg", "animated.gif", "animated.webp", "rotated-6.webp", "rotated-6.png"];
    const started = performance.now();
    let refused = 0;
    for (const name of names) {
      const whole = fixture(name);
      for (let i = 0; i < whole.length; i++) {
        for (const bytes of [whole.subarray(0, i), patched(name, i, [whole[i]! ^ 0xff]), patched(name, i, [0])]) {
          try {
            inspectPicture(bytes);
          } catch (error) {
            refused += 1;
            expect((error as Error).message).toMatch(/^picture: expected .*, got /);
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(500);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

/** A fixture with the bytes at `offset` replaced. */
function patched(name: string, offset: number, bytes: number[]): Uint8Array {
  const copy = fixture(name).slice();
  copy.set(bytes, offset);
  return copy;
}
