/** PNG: an 8-byte signature, then chunks of [length u32][type, 4 letters][data][checksum u32]. */
import type { Bytes } from "./bytes";
import { exifOrientation } from "./exif";
import type { PictureInfo } from "./picture-info";

export function inspectPng(bytes: Bytes): PictureInfo {
  if (bytes.text(12, 4) !== "IHDR" || bytes.u32(8, "big") !== 13) {
    throw new Error("picture: expected a PNG that starts with its header chunk (IHDR), got a damaged file");
  }
  const info: PictureInfo = {
    format: "png",
    width: bytes.u32(16, "big"),
    height: bytes.u32(20, "big"),
    animated: false,
    components: null,
    orientation: 1,
    complete: false,
  };
  // Every step moves on by at least 12 bytes, so the walk ends.
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.u32(at, "big")) {
    const type = bytes.text(at + 4, 4);
    if (type === "acTL" && at + 12 <= bytes.length) info.animated = bytes.u32(at + 8, "big") > 1; // number of frames
    if (type === "eXIf") info.orientation = exifOrientation(bytes.part(at + 8, at + 8 + bytes.u32(at, "big")));
    if (type === "IEND") {
      info.complete = true;
      break;
    }
  }
  return info;
}
