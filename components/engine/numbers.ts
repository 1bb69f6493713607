/** Numbers as readers like them. */

/** 1 MB is 2²⁰ bytes here, since limits are powers of two. */
export function inBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${Number(bytes.toFixed(bytes < 10 ? 1 : 0))} ${units[unit]}`;
}

export function inCount(number: number): string {
  return number.toLocaleString("en");
}

export function inTime(milliseconds: number): string {
  if (milliseconds < 1) {
    const micro = milliseconds * 1000;
    return micro < 0.1 ? "< 0.1 µs" : `${micro.toPrecision(micro < 10 ? 2 : 3).replace(/\.0$/, "")} µs`;
  }
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`;
}

/** A difference or a tolerance: "0", "5.7e-7", "0.34", "34". */
export function inDifference(value: number): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return "no number";
  if (value < 0.01 || value >= 1e6) return value.toExponential(1);
  return value < 10 ? value.toPrecision(2) : value.toFixed(0);
}

/** The largest square matrix of f32 in so many bytes: how many numbers a side has. */
export function sideOfMatrix(bytes: number): number {
  return Math.floor(Math.sqrt(bytes / 4));
}
