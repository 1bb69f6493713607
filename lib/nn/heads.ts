/** Shapes: B images, T tokens, D hidden size, H heads, E = D / H */
import type { Tensor } from "../tensor";

/** Gives each head its own part of the hidden size. [B, T, D] -> [B, H, T, E] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [B, T, D] = checked("splitHeads", x, 3) as [number, number, number];
  if (D % heads !== 0) {
    throw new RangeError(
      `splitHeads: expected a hidden size that ${heads} heads divide, got ${D} in [${x.shape.join(", ")}]`,
    );
  }
  return x.reshape([B, T, heads, D / heads]).transpose([0, 2, 1, 3]);
}

/** The inverse of splitHeads. [B, H, T, E] -> [B, T, D] */
export function mergeHeads(x: Tensor): Tensor {
  const [B, H, T, E] = checked("mergeHeads", x, 4) as [number, number, number, number];
  return x.transpose([0, 2, 1, 3]).reshape([B, T, H * E]);
}

function checked(what: string, x: Tensor, rank: number): readonly number[] {
  if (x.shape.length !== rank) {
    throw new RangeError(`${what}: expected ${rank} axes, got ${x.shape.length}: [${x.shape.join(", ")}]`);
  }
  return x.shape;
}
