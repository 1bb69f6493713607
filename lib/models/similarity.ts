/**
 * How well pictures and texts fit each other, as CLIP and SigLIP ask it: both are arrows of length 1 in one space, and the
 * cosine of the angle between them is the answer. https://arxiv.org/abs/2103.00020
 *
 * Shapes:  I pictures   L texts   P size of the common space
 */
import type { Tensor } from "../tensor";

/** Each row as an arrow of length 1. [..., P] -> [..., P] */
export function unitLength(x: Tensor): Tensor {
  return x.div(x.square().sum(-1, { keepDims: true }).sqrt());
}

/**
 * exp(logitScale) · ⟨image, text⟩ + logitBias, for every pair.
 * imageEmbeds [I, P], textEmbeds [L, P], both of length 1, logitScale and logitBias one number each
 */
export function similarity(
  imageEmbeds: Tensor,
  textEmbeds: Tensor,
  { logitScale, logitBias }: { logitScale: Tensor; logitBias?: Tensor },
): { logitsPerImage: Tensor; logitsPerText: Tensor } {
  const scaled = imageEmbeds.matmul(textEmbeds.transpose()).mul(logitScale.reshape([1]).exp()); // [I, L]
  const logitsPerImage = logitBias ? scaled.add(logitBias) : scaled;
  return { logitsPerImage, logitsPerText: logitsPerImage.transpose() };
}
