/**
 * A tensor: numbers in a block, with a shape, on an executor.
 *
 * Operations return a new tensor at once and never change their inputs. The numbers themselves come with `await
 * t.data()` or `await t.array()`. Nobody has to free a tensor: what a page no longer holds is freed by the garbage
 * collector, and `scope` frees the intermediate results of a computation at its end.
 */
import type { Executor, NumberType, Storage } from "./executor";
import { nest, type NestedArray } from "./nested";
import * as elementwise from "./operations/elementwise";
import * as layout from "./operations/layout";
import { matmul } from "./operations/matmul";
import { reduce } from "./operations/reduce";
import { softmax } from "./operations/softmax";
import type { Operand, Result } from "./operations/operand";
import { openScopeOf } from "./scope";
import { show, sizeOf } from "./shape";

/** A part of one axis: an index (the axis goes away), a half-open range, or null for all of it. */
export type Range = layout.Range;

/** Which axis to reduce (-1 is the last; without it, all of them), and whether it stays with length 1. */
export type ReduceOptions = { keepDims?: boolean };

export class Tensor implements Operand {
  readonly #storage: Storage;
  #disposed = false;

  /** For lib/tensor only: everyone else calls `tensor()`. */
  constructor(
    readonly executor: Executor,
    storage: Storage,
    readonly shape: readonly number[],
  ) {
    this.#storage = storage;
    retain(storage);
    collected.register(this, { executor, storage }, this);
    openScopeOf(executor)?.add(this);
  }

  /** How many numbers there are. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** f16 only for weights: `linear`, `gather` and `patchEmbedding` read it as it is, all else widens it first. */
  get dtype(): NumberType {
    return this.#storage.dtype;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** For operations: where the numbers lie. Throws after `dispose()`. */
  get storage(): Storage {
    if (this.#disposed) {
      throw new Error(
        `tensor: expected a live tensor, got one of shape ${show(this.shape)} that was already freed; ` +
          "keep it with keep(), or return it from its scope",
      );
    }
    return this.#storage;
  }

  /** All numbers, last axis fastest. Rejects when aborted, or when the device failed. */
  async data(signal?: AbortSignal): Promise<Float32Array> {
    return this.executor.read(this.storage, signal);
  }

  /** The numbers as nested arrays; a plain number for shape []. */
  async array(signal?: AbortSignal): Promise<NestedArray> {
    return nest(await this.data(signal), this.shape);
  }

  /** The only number of a tensor of size 1. */
  async item(signal?: AbortSignal): Promise<number> {
    if (this.size !== 1) throw new RangeError(`item: expected a single number, got shape ${show(this.shape)}`);
    return (await this.data(signal))[0]!;
  }

  /** The same numbers in the same order under another shape; one length may be -1 and follows from the others. */
  reshape(shape: readonly number[]): Tensor {
    return this.#made(layout.reshape(this, shape));
  }

  /** Reorders the axes: axis i of the result is axis permutation[i] of this. Without it, the last two swap. */
  transpose(permutation?: readonly number[]): Tensor {
    return this.#made(layout.transpose(this, permutation));
  }

  /** A part of each axis from the first: `x.slice(null, 0)` is NumPy's x[:, 0], `x.slice([1, 3])` is x[1:3]. */
  slice(...ranges: Range[]): Tensor {
    return this.#made(layout.slice(this, ranges));
  }

  /** Repeats axes of length 1 to fill `shape`. [1, D] -> [B, D] */
  broadcastTo(shape: readonly number[]): Tensor {
    return this.#made(layout.broadcastTo(this, shape));
  }

  /** Rows of a table [N, ...] by number: embeddings. [N, D], K indices -> [K, D] */
  gather(indices: ArrayLike<number>): Tensor {
    return this.#made(layout.gather(this, indices));
  }

  add(other: Tensor | number): Tensor {
    return this.#made(elementwise.binary("add", this, other));
  }
  sub(other: Tensor | number): Tensor {
    return this.#made(elementwise.binary("sub", this, other));
  }
  mul(other: Tensor | number): Tensor {
    return this.#made(elementwise.binary("mul", this, other));
  }
  div(other: Tensor | number): Tensor {
    return this.#made(elementwise.binary("div", this, other));
  }
  maximum(other: Tensor | number): Tensor {
    return this.#made(elementwise.binary("maximum", this, other));
  }
  minimum(other: Tensor | number): Tensor {
    return this.#made(elementwise.binary("minimum", this, other));
  }

  exp(): Tensor {
    return this.#made(elementwise.unary("exp", this));
  }
  log(): Tensor {
    return this.#made(elementwise.unary("log", this));
  }
  sqrt(): Tensor {
    return this.#made(elementwise.unary("sqrt", this));
  }
  neg(): Tensor {
    return this.#made(elementwise.unary("neg", this));
  }
  abs(): Tensor {
    return this.#made(elementwise.unary("abs", this));
  }
  square(): Tensor {
    return this.#made(elementwise.unary("square", this));
  }
  relu(): Tensor {
    return this.#made(elementwise.unary("relu", this));
  }
  tanh(): Tensor {
    return this.#made(elementwise.unary("tanh", this));
  }
  sigmoid(): Tensor {
    return this.#made(elementwise.unary("sigmoid", this));
  }
  /** x Φ(x), with the exact error function rather than its tanh approximation. */
  gelu(): Tensor {
    return this.#made(elementwise.unary("gelu", this));
  }

  /** [..., M, K] × [..., K, N] -> [..., M, N]; the leading axes broadcast. */
  matmul(other: Tensor): Tensor {
    return this.#made(matmul(this, other));
  }

  /** Weights that are positive and sum to 1 along the axis. */
  softmax(axis = -1): Tensor {
    return this.#made(softmax(this, axis));
  }

  sum(axis?: number, options?: ReduceOptions): Tensor {
    return this.#made(reduce("sum", this, axis, options));
  }
  mean(axis?: number, options?: ReduceOptions): Tensor {
    return this.#made(reduce("mean", this, axis, options));
  }
  max(axis?: number, options?: ReduceOptions): Tensor {
    return this.#made(reduce("max", this, axis, options));
  }
  min(axis?: number, options?: ReduceOptions): Tensor {
    return this.#made(reduce("min", this, axis, options));
  }
  /** Where the largest number is; the first of equals. */
  argmax(axis?: number, options?: ReduceOptions): Tensor {
    return this.#made(reduce("argmax", this, axis, options));
  }

  /** Frees the numbers now. Optional, and harmless when repeated. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    collected.unregister(this);
    release({ executor: this.executor, storage: this.#storage });
  }

  toString(): string {
    return `Tensor ${show(this.shape)} ${this.dtype} (${this.executor.name})`;
  }

  #made({ storage, shape }: Result): Tensor {
    return new Tensor(this.executor, storage, shape);
  }
}

/** Tensors of other shapes may look at the same storage: it is freed with the last of them. */
const lookers = new WeakMap<Storage, number>();

function retain(storage: Storage): void {
  lookers.set(storage, (lookers.get(storage) ?? 0) + 1);
}

function release({ executor, storage }: { executor: Executor; storage: Storage }): void {
  const left = lookers.get(storage)! - 1;
  lookers.set(storage, left);
  if (left === 0) executor.free(storage);
}

const collected = new FinalizationRegistry(release);
