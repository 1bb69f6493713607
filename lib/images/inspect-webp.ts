/** WebP: RIFF [length u32] WEBP, then a chunk: VP8X (extended), VP8 (lossy) or VP8L (lossless). All sizes lowest byte first. */
import type { Bytes } from "./bytes";
import { exifOrientation } from "./exif";
import type { PictureInfo } from "./picture-info";

export function inspectWebp(bytes: Bytes): PictureInfo {
  const info: PictureInfo = {
    format: "webp",
    width: null,
    height: null,
    animated: false,
    components: null,
    orientation: 1,
    complete: bytes.u32(4, "little") + 8 <= bytes.length,
  };
  const kind = bytes.text(12, 4);
  if (kind === "VP8X") {
    const flags = bytes.u8(20);
    info.animated = (flags & 0x02) !== 0;
    info.width = bytes.u24(24) + 1;
    info.height = bytes.u24(27) + 1;
    if (flags & 0x08) info.orientation = orientation(bytes);
  } else if (kind === "VP8 ") {
    info.width = bytes.u16(26, "little") & 0x3fff;
    info.height = bytes.u16(28, "little") & 0x3fff;
  } else if (kind === "VP8L") {
    const bits = bytes.u32(21, "little");
    info.width = (bits & 0x3fff) + 1;
    info.height = ((bits >>> 14) & 0x3fff) + 1;
  } else {
    throw new Error(`picture: expected a WebP with a VP8, VP8L or VP8X chunk, got ${JSON.stringify(kind)}`);
  }
  return info;
}

function orientation(bytes: Bytes): number {
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = bytes.u32(at + 4, "little");
    if (bytes.text(at, 4) === "EXIF") {
      // Some writers keep JPEG's "Exif\0\0" in front.
      const start = at + 8 + (length >= 6 && bytes.length >= at + 14 && bytes.text(at + 8, 4) === "Exif" ? 6 : 0);
      return exifOrientation(bytes.part(start, at + 8 + length));
    }
    at += 8 + length + (length & 1);
  }
  return 1;
}
