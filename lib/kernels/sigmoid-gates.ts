/**
 * Numbers that a sigmoid of themselves lets through, of each number: x [length] -> y [length]
 *
 *     silu        y = x · sigmoid(x)
 *     quickGelu   y = x · sigmoid(1.702 x)
 *     geluTanh    y = x · sigmoid(2u) = ½ x (1 + tanh(u)),   u = √(2/π) (x + 0.044715 x³)
 *
 * and siluGate, of two: a [length], b [length] -> y [length]
 *
 *     y = a · sigmoid(a) · b
 *
 * exp() is only taken of negative numbers, so that it cannot overflow. Beyond |x| = 12 geluTanh's sigmoid is 0 or 1 in
 * f32, and x is held there, so that x³ does not overflow either.
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { sigmoidGateOf, siluGateReference, type SigmoidGateName } from "./sigmoid-gates.reference";
import { eachNumber } from "./unary.reference";
import { perElement } from "./unary";

export type { SigmoidGateName };

/** WGSL: the sigmoid of `z`, from then on called `share`. */
const sigmoid = /* wgsl */ `
      let t = exp(-abs(z));
      let share = select(t, 1.0, z >= 0.0) / (1.0 + t);`;

/** WGSL: what goes into the sigmoid. */
const insides: Record<SigmoidGateName, string> = {
  silu: "let z = x;",
  quickGelu: "let z = 1.702 * x;",
  geluTanh: "let c = clamp(x, -12.0, 12.0); let z = 1.5957691216 * (c + 0.044715 * c * c * c);",
};

export const sigmoidGates = Object.fromEntries(
  Object.entries(insides).map(([name, inside]) => [
    name,
    perElement(name, `${inside}${sigmoid} return x * share;`, eachNumber(sigmoidGateOf(name as SigmoidGateName))),
  ]),
) as Record<SigmoidGateName, Kernel<{ length: number }>>;

export const siluGate: Kernel<{ length: number }> = {
  name: "siluGate",
  params: ({ length }) => Uint32Array.of(length),
  workgroups: ({ length }) => workgroupsForElements(length),
  outputs: ({ length }) => [length],
  reference: siluGateReference,
  wgsl: /* wgsl */ `
    ${elements}
    struct Params { length: u32 }

    @group(0) @binding(0) var<storage, read> a: array<f32>;
    @group(0) @binding(1) var<storage, read> b: array<f32>;
    @group(0) @binding(2) var<storage, read_write> y: array<f32>;
    @group(0) @binding(3) var<uniform> params: Params;

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i >= params.length) { return; }
      let z = a[i];${sigmoid}
      y[i] = a[i] * share * b[i];
    }
  `,
};
