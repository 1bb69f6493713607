/**
 * Functions of one number, applied to each: x [length] -> y [length]
 *
 *     exp  log  sqrt  neg  abs  square     y = f(x)
 *     relu                                 y = max(x, 0)
 *     tanh                                 y = (1 - t) / (1 + t) with the sign of x,   t = exp(-2 |x|)
 *     sigmoid                              y = 1 / (1 + exp(-x))
 *
 * tanh is written out because WGSL allows its own tanh an error of 1e-5. exp() is only taken of negative numbers in
 * tanh and sigmoid, so that it cannot overflow. exp(x) itself overflows f32 above x = 88.7, and log(x) is for x > 0:
 * outside, the result is whatever the device makes of it.
 */
import type { Kernel } from "../gpu";
import { elements, threadBuiltins, workgroupsForElements } from "./elements";
import { unaryReference, type SimpleUnaryName } from "./unary.reference";

export type { SimpleUnaryName };

/** WGSL: the body of f(x) -> f32. */
const bodies: Record<SimpleUnaryName, string> = {
  exp: "return exp(x);",
  log: "return log(x);",
  sqrt: "return sqrt(x);",
  neg: "return -x;",
  abs: "return abs(x);",
  square: "return x * x;",
  relu: "return max(x, 0.0);",
  tanh: "let t = exp(-2.0 * abs(x)); return sign(x) * (1.0 - t) / (1.0 + t);",
  sigmoid: "let t = exp(-abs(x)); return select(t, 1.0, x >= 0.0) / (1.0 + t);",
};

export const simpleUnary = Object.fromEntries(
  Object.entries(bodies).map(([name, body]) => [name, perElement(name, body, unaryReference(name as SimpleUnaryName))]),
) as Record<SimpleUnaryName, Kernel<{ length: number }>>;

/** A kernel that applies `fn f(x: f32) -> f32` with the given body to each number. */
export function perElement(
  name: string,
  body: string,
  reference: Kernel<{ length: number }>["reference"],
): Kernel<{ length: number }> {
  return {
    name,
    params: ({ length }) => Uint32Array.of(length),
    workgroups: ({ length }) => workgroupsForElements(length),
    outputs: ({ length }) => [length],
    reference,
    wgsl: /* wgsl */ `
    ${elements}
    struct Params { length: u32 }

    @group(0) @binding(0) var<storage, read> inputs: array<f32>;
    @group(0) @binding(1) var<storage, read_write> results: array<f32>;
    @group(0) @binding(2) var<uniform> params: Params;

    fn f(x: f32) -> f32 {
      ${body}
    }

    @compute @workgroup_size(WORKGROUP_SIZE)
    fn main(${threadBuiltins}
    ) {
      let i = elementOf(group, groups, thread);
      if (i < params.length) { results[i] = f(inputs[i]); }
    }
  `,
  };
}
