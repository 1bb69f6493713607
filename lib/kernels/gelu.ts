/**
 * The Gaussian error linear unit, of each number: x [length] -> y [length]. https://arxiv.org/abs/1606.08415
 *
 *     y = x Φ(x) = max(x, 0) - |x| · ½ erfc(|x| / √2)
 *
 * Φ(x) is the share of a standard normal below x. WGSL has no erf, so this uses Abramowitz and Stegun's formula 7.1.26,
 *
 *     erfc(z) ≈ (a₁t + a₂t² + a₃t³ + a₄t⁴ + a₅t⁵) exp(-z²),   t = 1 / (1 + 0.3275911 z),   z ≥ 0
 *
 * whose error is at most 1.5e-7. Written with erfc, nothing cancels for negative x, and the whole error is below 5e-7
 * wherever |x| < 8 (tested); beyond that y equals max(x, 0) to the precision of f32.
 */
import { eachNumber } from "./unary.reference";
import { geluOf } from "./gelu.reference";
import { perElement } from "./unary";

export const gelu = perElement(
  "gelu",
  /* wgsl */ `
      let z = min(abs(x) * 0.70710678, 10.0); // so that z * z stays finite; erfc(10) is 0 in f32
      let t = 1.0 / (1.0 + 0.3275911 * z);
      let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
      return max(x, 0.0) - abs(x) * 0.5 * poly * exp(-z * z);`,
  eachNumber(geluOf),
);
