import type { Reference } from "../gpu";

export type SigmoidGateName = "silu" | "quickGelu" | "geluTanh";

/** What goes into the sigmoid. */
const insides: Record<SigmoidGateName, (x: number) => number> = {
  silu: (x) => x,
  quickGelu: (x) => 1.702 * x,
  geluTanh: (x) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3),
};

/** What the kernel of that name computes: x · sigmoid(inside(x)), in double precision. */
export function sigmoidGateOf(name: SigmoidGateName): (x: number) => number {
  const inside = insides[name];
  return (x) => x / (1 + Math.exp(-inside(x)));
}

/** What `siluGate` computes. */
export const siluGateReference: Reference<{ length: number }> = function* ([a, b], { length }) {
  const silu = sigmoidGateOf("silu");
  const y = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    y[i] = silu(a![i]!) * b![i]!;
    if (i % 4096 === 4095) yield;
  }
  return [y];
};
