/** JPEG: FF D8, then segments of FF [marker] [length u16, itself included] [data], until the scan (DA) and FF D9. */
import type { Bytes } from "./bytes";
import { exifOrientation } from "./exif";
import type { PictureInfo } from "./picture-info";

export function inspectJpeg(bytes: Bytes): PictureInfo {
  const info: PictureInfo = {
    format: "jpeg",
    width: null,
    height: null,
    animated: false,
    components: null,
    orientation: 1,
    complete: false,
  };
  let at = 2;
  for (;;) {
    if (bytes.u8(at) !== 0xff) throw damaged(`no marker at byte ${at}`);
    const marker = bytes.u8(at + 1);
    if (marker === 0xff) {
      at += 1; // padding before a marker
      continue;
    }
    if (marker === 0xd9) throw damaged("an end before any pixels");
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2; // markers without data
      continue;
    }
    const length = bytes.u16(at + 2, "big");
    if (length < 2) throw damaged(`a segment of ${length} bytes`);
    if (isFrame(marker)) {
      info.height = bytes.u16(at + 5, "big");
      info.width = bytes.u16(at + 7, "big");
      info.components = bytes.u8(at + 9);
    }
    if (marker === 0xe1 && length >= 8 && bytes.text(at + 4, 4) === "Exif") {
      info.orientation = exifOrientation(bytes.part(at + 10, at + 2 + length));
    }
    if (marker === 0xda) break;
    at += 2 + length;
  }
  if (info.width === null) throw damaged("pixels before their size");
  info.complete = bytes.lastPair(0xff, 0xd9) > at;
  return info;
}

/** SOF0..SOF15: the frame header, which holds the size. C4, C8 and CC in that range are other things. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function damaged(what: string): Error {
  return new Error(`picture: expected a JPEG's header, got ${what}: the file is damaged`);
}
