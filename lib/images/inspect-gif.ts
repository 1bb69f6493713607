/** GIF: a screen size, an optional colour table, then blocks: 21 an extension, 2C a frame, 3B the end. */
import { OutOfBytes, type Bytes } from "./bytes";
import type { PictureInfo } from "./picture-info";

export function inspectGif(bytes: Bytes): PictureInfo {
  const info: PictureInfo = {
    format: "gif",
    width: bytes.u16(6, "little"),
    height: bytes.u16(8, "little"),
    animated: false,
    components: null,
    orientation: 1,
    complete: false,
  };
  let at = 13 + colourTable(bytes.u8(10));
  let frames = 0;
  try {
    for (;;) {
      const kind = bytes.u8(at);
      if (kind === 0x3b) {
        info.complete = true;
        break;
      }
      if (kind === 0x21) at = afterSubBlocks(bytes, at + 2);
      else if (kind === 0x2c) {
        frames += 1;
        at = afterSubBlocks(bytes, at + 11 + colourTable(bytes.u8(at + 9)));
        info.complete = true; // one whole frame is enough for us
        if (frames > 1) break;
      } else break; // junk after a frame: decoders stop here too
    }
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error; // the file ends early: `complete` says so, if no frame is whole
  }
  info.animated = frames > 1;
  return info;
}

/** Bytes of the colour table that a packed field announces: 3 for each of 2, 4, 8, ... 256 colours. */
function colourTable(packed: number): number {
  return packed & 0x80 ? 3 << ((packed & 7) + 1) : 0;
}

/** Data comes in sub-blocks of [length u8][data], ended by an empty one. */
function afterSubBlocks(bytes: Bytes, at: number): number {
  for (let length = bytes.u8(at); length > 0; length = bytes.u8(at)) at += 1 + length;
  return at + 1;
}
