/**
 * Where a text has left places for a picture, the picture's tokens are put: from there on a language model reads both
 * alike. A place is a token whose id is `imageTokenId`; there is one for every token of every picture, in their order.
 *
 * Shapes:  B rows of text   T tokens   I pictures   N tokens of a picture   D hidden size
 */
import { concat, type Tensor } from "../tensor";
import { embedTokens, type LlamaModelWeights } from "./llama";

/**
 * Embeddings of the text, with the pictures in them. inputIds [B][T], imageFeatures [I, N, D] -> [B, T, D]
 * @throws RangeError when there are more places than tokens of pictures, or fewer.
 */
export function splice(
  what: string,
  inputIds: readonly (readonly number[])[],
  imageFeatures: Tensor,
  imageTokenId: number,
  w: Pick<LlamaModelWeights, "embedTokens">,
): Tensor {
  const [I, N, D] = imageFeatures.shape as [number, number, number];
  const isImage = (id: number) => id === imageTokenId;
  const places = inputIds.flat().filter(isImage).length;
  if (places !== I * N) {
    throw new RangeError(
      `${what}: expected ${I * N} image tokens (id ${imageTokenId}) in inputIds, ${N} for each of ${count(I, "picture")}, ` +
        `got ${places}; model.prepare({ text, pictures }) makes room for each`,
    );
  }
  // The id of a place may lie outside the vocabulary (Eagle's is -200): any other row does, and is then not used.
  const text = embedTokens(
    inputIds.map((row) => row.map((id) => (isImage(id) ? 0 : id))),
    w,
  ); // [B, T, D]
  const [B, T] = text.shape as [number, number, number];
  const rows = concat([text.reshape([B * T, D]), imageFeatures.reshape([I * N, D])], 0);
  let next = B * T; // the first row of the pictures
  return rows.gather(inputIds.flat().map((id, i) => (isImage(id) ? next++ : i))).reshape([B, T, D]);
}

/** Each image token, which a prompt has one of per picture, N times, as the model expects it. */
export function expandImageTokens(inputIds: readonly number[], imageTokenId: number, N: number): number[] {
  return inputIds.flatMap((id) => (id === imageTokenId ? new Array<number>(N).fill(id) : [id]));
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}
