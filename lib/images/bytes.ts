/** Thrown when a header asks for bytes that the file does not have. */
export class OutOfBytes extends Error {}

/** Numbers at offsets of a file, that cannot be read past its end. Formats differ in byte order, so each call says it. */
export class Bytes {
  readonly length: number;
  readonly #file: Uint8Array;
  readonly #view: DataView;

  constructor(file: Uint8Array) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    this.length = file.length;
  }

  u8(offset: number): number {
    this.#need(offset, 1);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, order: "big" | "little"): number {
    this.#need(offset, 2);
    return this.#view.getUint16(offset, order === "little");
  }

  /** Three bytes, lowest first: WebP's sizes. */
  u24(offset: number): number {
    this.#need(offset, 3);
    return this.u8(offset) | (this.u8(offset + 1) << 8) | (this.u8(offset + 2) << 16);
  }

  u32(offset: number, order: "big" | "little"): number {
    this.#need(offset, 4);
    return this.#view.getUint32(offset, order === "little");
  }

  /** Signed, lowest byte first: BMP's sizes. */
  i32(offset: number): number {
    this.#need(offset, 4);
    return this.#view.getInt32(offset, true);
  }

  /** One character a byte. */
  text(offset: number, length: number): string {
    this.#need(offset, length);
    return String.fromCharCode(...this.#file.subarray(offset, offset + length));
  }

  /** The bytes from `start` to `end`, or to the end of the file. */
  part(start: number, end: number): Bytes {
    this.#need(start, 0);
    return new Bytes(this.#file.subarray(start, Math.min(end, this.length)));
  }

  /** Where two neighbouring bytes stand last, or -1. */
  lastPair(first: number, second: number): number {
    for (let i = this.length - 2; i >= 0; i--) if (this.#file[i] === first && this.#file[i + 1] === second) return i;
    return -1;
  }

  #need(offset: number, length: number): void {
    if (!(offset >= 0) || offset + length > this.length) throw new OutOfBytes();
  }
}
