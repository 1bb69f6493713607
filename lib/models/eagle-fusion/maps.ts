/** Maps and rows of tokens, which are the same numbers. Shapes: I pictures, C channels, N = rows · columns places */
import { concat, type Tensor } from "../../tensor";
import { stretch } from "../eagle-experts";
import type { PatchGrid } from "../patch-grid";
import type { Experts } from "./fusion";

/** [I, C, rows, columns] -> [I, N, C], left to right, then down */
export function tokensOf(map: Tensor): Tensor {
  const [I, C, rows, columns] = map.shape as [number, number, number, number];
  return map.reshape([I, C, rows * columns]).transpose();
}

/** [I, N, C] -> [I, C, rows, columns] */
export function mapOf(tokens: Tensor, { rows, columns }: PatchGrid): Tensor {
  const [I, , C] = tokens.shape as [number, number, number];
  return tokens.transpose().reshape([I, C, rows, columns]);
}

/**
 * All experts but the first as one map: each is stretched to the finest grid among them, and their channels are put side
 * by side, as Mini-Gemini does with the stages of its ConvNeXt. -> [I, ΣC, rows, columns]
 */
export function detailMap(experts: Experts): Tensor {
  const maps = Array.from({ length: experts.count - 1 }, (_, i) => experts.map(i + 1));
  const rows = Math.max(...maps.map((map) => map.shape[2]!));
  const columns = Math.max(...maps.map((map) => map.shape[3]!));
  const stretched = maps.map((map) => stretch(map, { rows, columns }));
  return stretched.length === 1 ? stretched[0]! : concat(stretched, 1);
}
