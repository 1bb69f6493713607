import type { Reference } from "../gpu";

export type SimpleUnaryName = "exp" | "log" | "sqrt" | "neg" | "abs" | "square" | "relu" | "tanh" | "sigmoid";

const functions: Record<SimpleUnaryName, (x: number) => number> = {
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  neg: (x) => -x,
  abs: Math.abs,
  square: (x) => x * x,
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/** What the kernel of that name computes, number by number. */
export function unaryReference(name: SimpleUnaryName): Reference<{ length: number }> {
  return eachNumber(functions[name]);
}

/** Plain loops over f, with a pause every 4,096 numbers. */
export function eachNumber(f: (x: number) => number): Reference<{ length: number }> {
  return function* ([x], { length }) {
    const y = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      y[i] = f(x![i]!);
      if (i % 4096 === 4095) yield;
    }
    return [y];
  };
}
