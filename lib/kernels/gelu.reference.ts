/** What `gelu` computes: x Φ(x), in double precision. */
export function geluOf(x: number): number {
  return Math.max(x, 0) - Math.abs(x) * 0.5 * erfc(Math.abs(x) / Math.SQRT2);
}

/**
 * The complementary error function for z >= 0, to about 1e-14: near 0 from the series of erf (Abramowitz and Stegun
 * 7.1.6), further out from a continued fraction (7.1.14), evaluated from its far end.
 */
export function erfc(z: number): number {
  if (z > 27) return 0; // below the smallest double
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let tail = z;
  for (let n = 60; n >= 1; n--) tail = z + n / 2 / tail;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / tail;
}
