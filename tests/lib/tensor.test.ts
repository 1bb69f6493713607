import { afterEach, describe, expect, test } from "vitest";
import {
  concat,
  currentExecutor,
  full,
  isTensor,
  ones,
  openExecutor,
  range,
  tensor,
  useExecutor,
  zeros,
  type NestedArray,
  type Tensor,
} from "../../lib/tensor";

afterEach(() => useExecutor(undefined));

const matrix = () => tensor([[1, 2, 3], [4, 5, 6]]); // prettier-ignore

describe("tensors from numbers", () => {
  test.each<[string, NestedArray, number[]]>([
    ["a number", 5, []],
    ["a list", [1, 2, 3], [3]],
    ["a matrix", [[1, 2], [3, 4], [5, 6]], [3, 2]], // prettier-ignore
    ["three axes", [[[1], [2]]], [1, 2, 1]],
  ])("%s, and back", async (_, values, shape) => {
    const t = tensor(values);
    expect(t.shape).toEqual(shape);
    expect(await t.array()).toEqual(values);
  });

  test("a flat list takes a shape", async () => {
    expect(await tensor([1, 2, 3, 4], [2, 2]).array()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(await tensor(new Float32Array([1, 2]), [1, 2]).array()).toEqual([[1, 2]]);
    expect(await tensor(new Uint8ClampedArray([1, 255])).array()).toEqual([1, 255]);
  });

  test("the numbers are copied, in and out", async () => {
    const values = Float32Array.of(1, 2);
    const t = tensor(values);
    values[0] = 9;
    (await t.data())[1] = 9;
    expect(await t.array()).toEqual([1, 2]);
  });

  test("full, zeros, ones, range, item", async () => {
    expect(await full([2], 7).array()).toEqual([7, 7]);
    expect(await zeros([1, 2]).array()).toEqual([[0, 0]]);
    expect(await ones([2]).array()).toEqual([1, 1]);
    expect(await range(3).array()).toEqual([0, 1, 2]);
    expect(await full([1, 1], 3).item()).toBe(3);
  });

  test("isTensor and toString", () => {
    expect(isTensor(range(2))).toBe(true);
    expect(isTensor([1, 2])).toBe(false);
    expect(String(zeros([2, 3]))).toBe("Tensor [2, 3] f32 (reference)");
  });

  test.each<[string, unknown, number[] | undefined, string]>([
    ["ragged", [[1, 2], [3]], undefined, "tensor: expected 2 entries at [1], like its neighbours, got 1 of them"],
    ["a number among lists", [[1], 2], undefined, "tensor: expected 1 entries at [1], like its neighbours, got 2"],
    ["a list among numbers", [1, [2]], undefined, "tensor: expected a number at [1], got a list of 1"],
    ["text", [1, "2"], undefined, 'tensor: expected a number at [1], got "2"'],
    ["nothing", undefined, undefined, "tensor: expected a number, got undefined"],
    ["an object", [{}], undefined, "tensor: expected a number at [0], got [object Object]"],
    ["no numbers", [], undefined, "tensor: expected a shape of positive whole numbers, got [0]"],
    ["too few", [1, 2, 3], [2, 2], "tensor: expected 4 numbers for shape [2, 2], got 3"],
    ["NaN", [1], [NaN], "tensor: expected a shape of positive whole numbers, got [NaN]"],
    ["negative", [1], [-1], "tensor: expected a shape of positive whole numbers, got [-1]"],
    ["half", [1], [0.5, 2], "tensor: expected a shape of positive whole numbers, got [0.5, 2]"],
    ["nine axes", [1], new Array<number>(9).fill(1), "tensor: expected at most 8 axes, got 9"],
  ])("refuses %s", (_, values, shape, message) => {
    expect(() => tensor(values as NestedArray, shape)).toThrow(message);
  });
});

describe("operations", () => {
  test.each<[string, () => Tensor, NestedArray]>([
    ["add a number", () => matrix().add(1), [[2, 3, 4], [5, 6, 7]]],
    ["add a row", () => matrix().add(tensor([10, 20, 30])), [[11, 22, 33], [14, 25, 36]]],
    ["sub a column", () => matrix().sub(tensor([[1], [2]])), [[0, 1, 2], [2, 3, 4]]],
    ["a column times a row", () => tensor([[1], [2]]).mul(tensor([3, 4])), [[3, 4], [6, 8]]],
    ["div", () => matrix().div(2), [[0.5, 1, 1.5], [2, 2.5, 3]]],
    ["maximum", () => matrix().maximum(3), [[3, 3, 3], [4, 5, 6]]],
    ["minimum", () => matrix().minimum(tensor([2])), [[1, 2, 2], [2, 2, 2]]],
    ["with itself", () => { const x = matrix(); return x.mul(x); }, [[1, 4, 9], [16, 25, 36]]],
    ["neg abs square sqrt relu", () => tensor([-2, 3]).neg().abs().square().sqrt().relu(), [2, 3]],
    ["exp log", () => tensor([0]).exp().log(), [0]],
    ["tanh and sigmoid of 0", () => concat([zeros([1]).tanh(), zeros([1]).sigmoid()]), [0, 0.5]],
    ["matmul", () => matrix().matmul(matrix().transpose()), [[14, 32], [32, 77]]],
    ["matmul, one matrix for a batch", () => ones([2, 1, 3]).matmul(matrix().transpose()), [[[6, 15]], [[6, 15]]]],
    ["matmul, a batch for one matrix", () => matrix().matmul(ones([2, 3, 1])), [[[6], [15]], [[6], [15]]]],
    ["matmul, batches that broadcast", () => range(4).reshape([2, 1, 2, 1]).matmul(range(4).reshape([2, 1, 2])), [[[[0, 0], [0, 1]], [[0, 0], [2, 3]]], [[[0, 2], [0, 3]], [[4, 6], [6, 9]]]]],
    ["reshape", () => matrix().reshape([3, 2]), [[1, 2], [3, 4], [5, 6]]],
    ["reshape with -1", () => matrix().reshape([-1]), [1, 2, 3, 4, 5, 6]],
    ["transpose", () => matrix().transpose(), [[1, 4], [2, 5], [3, 6]]],
    ["transpose three axes", () => range(6).reshape([1, 2, 3]).transpose([2, 0, 1]), [[[0, 3]], [[1, 4]], [[2, 5]]]],
    ["slice rows", () => matrix().slice([1]), [[4, 5, 6]]],
    ["slice an index", () => matrix().slice(null, 0), [1, 4]],
    ["slice from the end", () => matrix().slice(-1, [-2]), [5, 6]],
    ["slice both", () => matrix().slice([0, 1], [1, 3]), [[2, 3]]],
    ["broadcastTo", () => tensor([[1], [2]]).broadcastTo([2, 2, 2]), [[[1, 1], [2, 2]], [[1, 1], [2, 2]]]],
    ["gather", () => matrix().gather([1, 0, 1]), [[4, 5, 6], [1, 2, 3], [4, 5, 6]]],
    ["concat rows", () => concat([matrix(), tensor([[7, 8, 9]])]), [[1, 2, 3], [4, 5, 6], [7, 8, 9]]],
    ["concat columns of three", () => concat([matrix(), tensor([[7], [8]]), matrix()], -1), [[1, 2, 3, 7, 1, 2, 3], [4, 5, 6, 8, 4, 5, 6]]],
    ["concat of one", () => concat([matrix()]), [[1, 2, 3], [4, 5, 6]]],
    ["softmax", () => tensor([0, 0]).softmax(), [0.5, 0.5]],
    ["softmax of another axis", () => zeros([4, 2]).softmax(0).sum(0), [1, 1]],
    ["sum", () => matrix().sum(), 21],
    ["sum of rows", () => matrix().sum(-1), [6, 15]],
    ["mean of columns, kept", () => matrix().mean(0, { keepDims: true }), [[2.5, 3.5, 4.5]]],
    ["max", () => matrix().max(0), [4, 5, 6]],
    ["min of all, kept", () => matrix().min(undefined, { keepDims: true }), [[1]]],
    ["argmax", () => matrix().argmax(1), [2, 2]],
  ])("%s", async (_, make, expected) => {
    expect(await make().array()).toEqual(expected);
  }); // prettier-ignore

  test("gelu", async () => {
    const values = await tensor([-1, 0, 1]).gelu().data();
    [-0.15865525393145707, 0, 0.8413447460685429].forEach((y, i) =>
      expect(Math.abs(values[i]! - y)).toBeLessThan(1e-7),
    );
  });

  test("an operation leaves its inputs alone", async () => {
    const x = matrix();
    x.add(1).exp();
    x.reshape([6]).mul(0);
    expect(await x.array()).toEqual([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
  });
});

describe("what does not fit is refused in a sentence", () => {
  const other = openExecutor({ prefer: "reference" });

  test.each<[string, () => unknown, string]>([
    ["matmul", () => matrix().matmul(zeros([4, 5])), "matmul: expected the inner sizes to agree, got [2, 3] × [4, 5]; transpose one of them, or check the order"],
    ["matmul of vectors", () => range(3).matmul(range(3)), "matmul: expected two tensors with at least two axes, got [3] × [3]"],
    ["matmul batches", () => zeros([2, 1, 3]).matmul(zeros([3, 3, 1])), "matmul: expected shapes that agree or are 1"],
    ["matmul of an array", () => matrix().matmul([[1]] as unknown as Tensor), "matmul: expected a tensor, got an array; wrap numbers in tensor(…)"],
    ["add", () => matrix().add(zeros([2])), "add: expected shapes that agree or are 1 on each axis from the last, got [2, 3] and [2]; 3 and 2 differ"],
    ["add nothing", () => matrix().add(undefined as unknown as number), "add: expected a tensor, got undefined"],
    ["reshape", () => matrix().reshape([4, 2]), "reshape: expected a shape of 6 numbers like [2, 3], got [4, 2], which holds 8"],
    ["reshape -1", () => matrix().reshape([4, -1]), "reshape: expected a shape of 6 numbers like [2, 3], got [4, -1]"],
    ["reshape twice -1", () => matrix().reshape([-1, -1]), "reshape: expected a shape of 6 numbers"],
    ["reshape NaN", () => matrix().reshape([NaN, 6]), "reshape: expected a shape of 6 numbers"],
    ["transpose", () => matrix().transpose([0, 2]), "transpose: expected each axis of [2, 3] once, 0 to 1, got [0, 2]"],
    ["transpose of a vector", () => range(3).transpose(), "transpose: expected at least two axes, got shape [3]"],
    ["softmax axis", () => matrix().softmax(2), "softmax: expected an axis from -2 to 1, got 2 for shape [2, 3]"],
    ["sum axis", () => matrix().sum(0.5), "sum: expected an axis from -2 to 1, got 0.5 for shape [2, 3]"],
    ["sum of a number's axis", () => tensor(1).sum(0), "sum: expected a tensor with an axis, got a single number and axis 0"],
    ["slice too far", () => matrix().slice([0, 3]), "slice: expected a part of 0 to 2 on axis 0 of shape [2, 3] that is not empty, got [0, 3]"],
    ["slice nothing", () => matrix().slice(null, [1, 1]), "on axis 1 of shape [2, 3] that is not empty, got [1, 1]"],
    ["slice axes", () => matrix().slice(0, 0, 0), "slice: expected at most 2 ranges for shape [2, 3], got 3"],
    ["broadcastTo", () => matrix().broadcastTo([2, 1]), "broadcastTo: expected a shape that [2, 3] can fill, got [2, 1]"],
    ["gather", () => matrix().gather([2]), "gather: expected row numbers from 0 to 1 for shape [2, 3], got 2"],
    ["concat", () => concat([matrix(), zeros([2, 4])]), "concat: expected shapes that agree except on axis 0, got [2, 3] and [2, 4]"],
    ["concat nothing", () => concat([]), "concat: expected a list of tensors, got none"],
    ["concat a tensor", () => concat(matrix() as unknown as Tensor[]), "concat: expected a list of tensors, got none"],
    ["full", () => full([0], 1), "full: expected a shape of positive whole numbers, got [0]"],
    ["range", () => range(-1), "range: expected a shape of positive whole numbers, got [-1]"],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(message);
  }); // prettier-ignore

  test("tensors of two executors", async () => {
    const { executor } = await other;
    const stranger = ones([3], executor);
    const message =
      "expected tensors of one executor, got two different reference executors; make them all with the same one";
    expect(() => matrix().add(stranger)).toThrow(`add: ${message}`);
    expect(() => concat([range(3), stranger])).toThrow(`concat: ${message}`);
  });

  test("item of many", async () => {
    await expect(matrix().item()).rejects.toThrow("item: expected a single number, got shape [2, 3]");
  });
});

describe("executors", () => {
  test("useExecutor decides where tensors go", async () => {
    const { executor } = await openExecutor({ prefer: "reference" });
    expect(range(1).executor).toBe(currentExecutor());
    useExecutor(executor);
    expect(range(1).executor).toBe(executor);
  });

  test("without WebGPU the plain loops take over and say why", async () => {
    const { executor, note } = await openExecutor({ gpu: undefined });
    expect(executor.name).toBe("reference");
    expect(note).toMatch(/^Running without the GPU, more slowly: .+\.$/);
  });

  test("who asks for the plain loops hears no excuse", async () => {
    expect((await openExecutor({ prefer: "reference" })).note).toBeUndefined();
  });
});
