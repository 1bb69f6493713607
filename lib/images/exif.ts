/** Exif is a TIFF header and a list of 12-byte entries; entry 0x0112 says how the camera was held. */
import { OutOfBytes, type Bytes } from "./bytes";

/** 1..8; 1 (upright) when the data has no orientation or makes no sense, which is what browsers do. */
export function exifOrientation(tiff: Bytes): number {
  try {
    const mark = tiff.text(0, 2);
    if (mark !== "II" && mark !== "MM") return 1;
    const order = mark === "II" ? "little" : "big";
    const list = tiff.u32(4, order);
    const count = tiff.u16(list, order);
    for (let i = 0; i < count; i++) {
      const entry = list + 2 + i * 12;
      if (tiff.u16(entry, order) !== 0x0112) continue;
      const value = tiff.u16(entry + 8, order);
      return value >= 1 && value <= 8 ? value : 1;
    }
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
  }
  return 1;
}
