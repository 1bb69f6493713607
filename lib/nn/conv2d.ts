/**
 * Convolution in two dimensions, as torch.nn.functional.conv2d: a small window slides over a picture.
 *
 *     y[b, o, i, j] = bias[o] + Σ_c Σ_m Σ_n weight[o, c, m, n] · x[b, first + c, i · stride + m - padding, j · stride + n - padding]
 *
 * c runs over the channels of o's group, `first` is the group's first channel, and outside the picture x is 0.
 *
 * Shapes:  B pictures   C channels   O output channels   G groups   P = Ho · Wo places of the output   K = kh · kw
 */
import { concat, zeros, type Tensor } from "../tensor";
import { linear } from "./linear";

/** weight [O, C / groups, kh, kw], bias [O] */
export type Conv2d = { weight: Tensor; bias?: Tensor };

export type Conv2dOptions = {
  /** How far the window moves, in pixels, down and right [1] */
  stride?: number;
  /** Zeros around the picture, on each side [0] */
  padding?: number;
  /** Output channel o sees only the channels of its group. C groups: each channel by itself ("depthwise") [1] */
  groups?: number;
};

/** [B, C, H, W] -> [B, O, Ho, Wo], with Ho = floor((H + 2 padding - kh) / stride) + 1, and Wo alike */
export function conv2d(x: Tensor, w: Conv2d, options: Conv2dOptions = {}): Tensor {
  const { stride = 1, padding = 0, groups = 1 } = options;
  const [B, C, H, W] = x.shape as [number, number, number, number];
  const [O, perGroup, kh, kw] = w.weight.shape as [number, number, number, number];
  const Ho = Math.floor((H + 2 * padding - kh) / stride) + 1;
  const Wo = Math.floor((W + 2 * padding - kw) / stride) + 1;
  const fits = x.shape.length === 4 && w.weight.shape.length === 4 && C === perGroup * groups && O % groups === 0;
  if (!fits || !(Ho > 0 && Wo > 0) || !Number.isInteger(stride) || stride < 1) {
    throw new RangeError(
      `conv2d: expected x [B, C, H, W] and weight [O, C / groups, kh, kw] whose window fits into the picture, ` +
        `got [${x.shape.join(", ")}] and [${w.weight.shape.join(", ")}] ` +
        `with groups ${groups}, stride ${stride} and padding ${padding}`,
    );
  }
  const [P, K] = [Ho * Wo, kh * kw];
  const windows = windowsOf(x, { kh, kw, stride, padding, Ho, Wo }); // [P, K, B, C]
  if (groups === 1) {
    const rows = windows.transpose([2, 0, 3, 1]).reshape([B, P, C * K]);
    const y = linear(rows, { weight: w.weight.reshape([O, C * K]), bias: w.bias }); // [B, P, O]
    return y.transpose().reshape([B, O, Ho, Wo]);
  }
  const rows = windows
    .reshape([P, K, B, groups, perGroup])
    .transpose([2, 3, 0, 4, 1])
    .reshape([B, groups, P, perGroup * K]);
  const weight = w.weight.reshape([1, groups, O / groups, perGroup * K]).transpose();
  const y = rows.matmul(weight).transpose().reshape([B, O, Ho, Wo]); // [B, G, P, O/G] -> [B, G, O/G, P]
  return w.bias ? y.add(w.bias.reshape([O, 1, 1])) : y;
}

type Windows = { kh: number; kw: number; stride: number; padding: number; Ho: number; Wo: number };

/** Each place's window of pixels, all channels of all pictures. [B, C, H, W] -> [P, K, B, C] */
function windowsOf(x: Tensor, { kh, kw, stride, padding, Ho, Wo }: Windows): Tensor {
  const [B, C, H, W] = x.shape as [number, number, number, number];
  const pixels = x.reshape([B * C, H * W]).transpose(); // [H · W, B · C]
  const table = concat([pixels, zeros([1, B * C], x.executor)]); // its last row lies outside the picture
  const chosen = new Int32Array(Ho * Wo * kh * kw);
  for (let place = 0; place < Ho * Wo; place++) {
    for (let k = 0; k < kh * kw; k++) {
      const row = Math.floor(place / Wo) * stride + Math.floor(k / kw) - padding;
      const column = (place % Wo) * stride + (k % kw) - padding;
      const inside = row >= 0 && row < H && column >= 0 && column < W;
      chosen[place * kh * kw + k] = inside ? row * W + column : H * W;
    }
  }
  return table.gather(chosen).reshape([Ho * Wo, kh * kw, B, C]);
}
