/**
 * Convolution in two dimensions, as torch.nn.functional.conv2d: a small window slides over a picture.
 *
 *     y[b, o, i, j] = bias[o] + Σ_c Σ_m Σ_n weight[o, c, m, n] · x[b, first + c, i · stride + m - padding, j · stride + n - padding]
 *
 * c runs over the channels of o's group, `first` is the group's first channel, and outside the picture x is 0.
 * Leaves out: dilation, and strides or paddings that differ between down and right. torch's "padding" modes too.
 *
 * Shapes:  B pictures   C channels   H, W before   O output channels   Ho, Wo after
 */
import { convolve, type Tensor } from "../tensor";

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
  return convolve(x, w.weight, w.bias, { stride, padding, groups });
}
