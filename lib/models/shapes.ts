/** Shapes of the weights that nearly every layer has, as a tree of shapes spells them. */

/** weight [outputs, inputs], bias [outputs] */
export function linearShape(inputs: number, outputs: number, bias = true) {
  return bias ? { weight: [outputs, inputs], bias: [outputs] } : { weight: [outputs, inputs] };
}

/** A layer norm of D numbers: weight [D], bias [D] */
export function normShape(D: number) {
  return { weight: [D], bias: [D] };
}

/** A patch embedding, which files store as a convolution: weight [D, C, P, P], bias [D] */
export function patchEmbeddingShape(D: number, C: number, P: number, bias = true) {
  return bias ? { weight: [D, C, P, P], bias: [D] } : { weight: [D, C, P, P] };
}

/** `count` trees of the same form, such as the layers of an encoder. */
export function repeated<T>(count: number, one: () => T): T[] {
  return Array.from({ length: count }, one);
}
