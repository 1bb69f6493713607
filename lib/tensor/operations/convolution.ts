/** A window that moves over a picture; see lib/nn/conv2d.ts for what it is. */
import { depthwiseConv2d, matmul as matmulKernel, placesOf, unfold, type WindowShape } from "../../kernels";
import { show, sizeOf } from "../shape";
import { binary } from "./elementwise";
import { matmul } from "./matmul";
import { checkOperand, run, withUploaded, type Operand, type Result } from "./operand";

export type ConvolutionSettings = { stride: number; padding: number; groups: number };

/** x [B, C, H, W], weight [O, C / groups, kh, kw], bias [O] -> [B, O, Ho, Wo] */
export function convolution(
  x: Operand,
  weight: Operand,
  bias: Operand | undefined,
  settings: ConvolutionSettings,
): Result {
  const window = windowOf(x, weight, bias, settings);
  const { batch, channels } = window;
  const { rows, columns } = placesOf(window);
  const outputs = weight.shape[0]!;
  const shape = [batch, outputs, rows, columns];

  if (settings.groups === channels) {
    const depthwise = { ...window, multiplier: outputs / channels };
    const withBias = (b: Operand) => run("conv2d", depthwiseConv2d, [x, weight, b], depthwise, shape);
    return bias ? withBias(bias) : withUploaded(x.executor, new Float32Array(outputs), withBias);
  }
  const { executor } = x;
  const columnsOfX = unfolded(x, window);
  const product = { executor, ...groupedProduct(columnsOfX, weight, window, settings.groups) };
  if (columnsOfX.storage !== x.storage) executor.free(columnsOfX.storage);
  if (!bias) return { storage: product.storage, shape };
  const y = binary("add", { ...product, shape }, { executor, storage: bias.storage, shape: [outputs, 1, 1] });
  executor.free(product.storage);
  return y;
}

/** The pixels under each window. A window of one pixel that meets each of them once changes nothing. */
function unfolded(x: Operand, window: WindowShape): Operand {
  const { kernelHeight, kernelWidth, stride, padding } = window;
  if (kernelHeight * kernelWidth * stride === 1 && padding === 0) return x;
  return { executor: x.executor, ...run("conv2d", unfold, [x], window, unfold.outputs(window)) };
}

/** weight [O, K] × columns [B, K, P] -> [B, O, P], each group by itself; K numbers under a window, P places */
function groupedProduct(columnsOfX: Operand, weight: Operand, window: WindowShape, groups: number): Result {
  const { batch, channels, kernelHeight, kernelWidth } = window;
  const { rows, columns } = placesOf(window);
  const [m, k, n] = [weight.shape[0]! / groups, (channels / groups) * kernelHeight * kernelWidth, rows * columns];
  if (groups === 1) {
    const shape = { batch, m, k, n, aStep: 0, bStep: k * n };
    return run("conv2d", matmulKernel, [weight, columnsOfX], shape, [batch, m, n]);
  }
  const { executor } = weight;
  return matmul(
    { executor, storage: weight.storage, shape: [1, groups, m, k] },
    { executor, storage: columnsOfX.storage, shape: [batch, groups, k, n] },
  );
}

function windowOf(
  x: Operand,
  weight: Operand,
  bias: Operand | undefined,
  { stride, padding, groups }: ConvolutionSettings,
): WindowShape {
  [x, weight, ...(bias ? [bias] : [])].forEach((operand) => checkOperand("conv2d", operand));
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [outputs, perGroup, kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  const window = { batch, channels, height, width, kernelHeight, kernelWidth, stride, padding };
  const whole = [stride, padding + 1, groups].every((value) => Number.isInteger(value) && value >= 1);
  const ranks = x.shape.length === 4 && weight.shape.length === 4;
  const { rows, columns } = placesOf(window);
  const fits = channels === perGroup * groups && outputs % groups === 0 && rows > 0 && columns > 0;
  if (!whole || !ranks || !fits || (bias && sizeOf(bias.shape) !== outputs)) {
    throw new RangeError(
      "conv2d: expected x [B, C, H, W], weight [O, C / groups, kh, kw] whose window fits into the padded picture, and " +
        `bias [O], got ${[x, weight, ...(bias ? [bias] : [])].map(({ shape }) => show(shape)).join(", ")} ` +
        `with groups ${groups}, stride ${stride} and padding ${padding}`,
    );
  }
  return window;
}
