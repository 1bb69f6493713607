/** Times and counts of one model on one executor. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadModel } from "../../lib/models";
import { openExecutor, type Executor, type Tensor } from "../../lib/tensor";
import { countingGpu, type CountingGpu, type Counts } from "../../tests/counting-gpu";
import { nodeGpu } from "../../tests/gpu";
import type { DecoderCase, Decoding, EncoderCase } from "./cases";

export type ExecutorName = "webgpu" | "reference";

/** Milliseconds. */
export type Times = { minimum: number; median: number; maximum: number };

/** A pass, and what it asks of the device once warm; `launches` alone where there is no device. */
export type Pass = Times & { counts: Counts | { launches: number } };

const NEW_TOKENS = 8;

/** From pixels or text to the answer that is read back. */
export async function measureEncoder(test: EncoderCase, name: ExecutorName, runs: number) {
  return onExecutor(name, async (stage) => {
    const { model, load } = await loaded(test, stage.executor);
    const encode = test.encode(model);
    const pass = () => readAndFree(encode);
    await pass(); // compiles the shaders
    await pass(); // and the pool has what the next ones need
    return { device: stage.executor.description, load, forward: await timed(pass, runs, stage) };
  });
}

/** The prompt, and then each further token. */
export async function measureDecoder(test: DecoderCase, name: ExecutorName, runs: number) {
  return onExecutor(name, async (stage) => {
    const { model, load } = await loaded(test, stage.executor);
    const decoding = test.decode(model);
    const warm = await decodeAll(decoding, 2 * NEW_TOKENS);
    warm.cache.dispose();
    const prefill = await timed(
      async () => {
        const { cache } = await decodeAll(decoding, 0);
        cache.dispose();
      },
      runs,
      stage,
    );

    const { cache, token } = await decodeAll(decoding, NEW_TOKENS, runs);
    let last = token;
    const decoded = await timed(async () => void (last = await step(() => decoding.next(last, cache))), runs, stage);
    cache.dispose();
    const { promptLength } = decoding;
    return { device: stage.executor.description, load, promptLength, prefill, decoded };
  });
}

/** A prompt and some tokens. -> the cache, and the token after them */
async function decodeAll(decoding: Decoding, count: number, room = 0) {
  const cache = decoding.createCache(decoding.promptLength + 1024 + count + room); // pictures become positions, too
  let token = await step(() => decoding.prefill(cache));
  for (let i = 0; i < count; i++) token = await step(() => decoding.next(token, cache));
  return { cache, token };
}

async function step(forward: () => Promise<Tensor>): Promise<number> {
  const scores = await readAndFree(forward);
  return scores.indexOf(Math.max(...scores));
}

async function readAndFree(forward: () => Promise<Tensor>): Promise<Float32Array> {
  const result = await forward();
  const values = await result.data();
  result.dispose();
  return values;
}

export type Stage = { executor: Executor; counting?: CountingGpu };

export async function onExecutor<T>(name: ExecutorName, work: (stage: Stage) => Promise<T>): Promise<T> {
  const counting = name === "webgpu" ? countingGpu(await nodeGpu()) : undefined;
  const { executor, note } = await openExecutor({ prefer: name, gpu: counting?.gpu });
  if (executor.name !== name) throw new Error(`bench: expected the ${name} executor, got ${executor.name}: ${note}`);
  try {
    return await work({ executor, counting });
  } finally {
    executor.dispose();
  }
}

export async function loaded({ name, shipped }: { name: string; shipped: boolean }, executor: Executor) {
  const baseUrl = pathToFileURL(resolve(shipped ? "public/models" : "tests/fixtures")).href;
  const started = performance.now();
  const model = await loadModel(name, { executor, baseUrl });
  return { model, load: round(performance.now() - started) };
}

/** Runs a task that is warm. The counts are those of its last run. */
export async function timed(task: () => Promise<unknown>, runs: number, { executor, counting }: Stage): Promise<Pass> {
  const times: number[] = [];
  let counts: Pass["counts"] = { launches: 0 };
  for (let i = 0; i < runs; i++) {
    counting?.take();
    const { launches } = executor.ledger();
    const started = performance.now();
    await task();
    times.push(performance.now() - started);
    counts = counting?.take() ?? { launches: executor.ledger().launches - launches };
  }
  times.sort((a, b) => a - b);
  const [minimum, median, maximum] = [times[0]!, times[times.length >> 1]!, times.at(-1)!].map(round);
  return { minimum: minimum!, median: median!, maximum: maximum!, counts };
}

export function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
