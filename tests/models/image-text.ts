/** What the tests of models that read pictures in a text share. */
import { generate } from "../../lib/generation";
import type { EagleForConditionalGeneration, LlavaForConditionalGeneration } from "../../lib/models";
import { tensor, type Executor, type Tensor } from "../../lib/tensor";
import { readGolden, type Golden } from "./golden";

type ImageTextModel = EagleForConditionalGeneration | LlavaForConditionalGeneration;

export type Prompt = { inputIds: number[][]; attentionMask: number[][]; pixelValues: Tensor };

/** The inputs and outputs that a fixture stores. */
export async function readPrompt(fixture: string, executor: Executor): Promise<{ golden: Golden; prompt: Prompt }> {
  const golden = await readGolden(`tests/fixtures/${fixture}/golden.safetensors`);
  const { values, shape } = golden.get("pixel_values")!;
  const pixelValues = tensor(values, shape, executor);
  const prompt = {
    inputIds: rowsOf(golden, "input_ids"),
    attentionMask: rowsOf(golden, "attention_mask"),
    pixelValues,
  };
  return { golden, prompt };
}

/** A golden of whole numbers, in rows. */
function rowsOf(golden: Golden, name: string): number[][] {
  const { shape, values } = golden.get(name)!;
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)]);
}

/** The likeliest tokens after a prompt with pictures. */
export async function greedy(model: ImageTextModel, inputIds: number[], pixelValues: Tensor): Promise<number[]> {
  const answer: number[] = [];
  for await (const { token } of generate(model, { inputIds, pixelValues, maxNewTokens: 5 })) answer.push(token);
  return answer;
}

export function likeliest(scores: Float32Array): number {
  return scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
}

/** One row of scores per token: [B, T, V] -> V numbers for row b, token t. */
export function scoresAt(logits: Float32Array, shape: readonly number[], b: number, t: number): Float32Array {
  const [, T, V] = shape as [number, number, number];
  return logits.subarray((b * T + t) * V, (b * T + t + 1) * V);
}
