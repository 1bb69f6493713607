/**
 * Which of an encoder's states a language model is shown. Its last layers turn towards what it was trained to answer, so
 * LLaVA takes the last layer but one (`vision_feature_layer` -2), and some models several, side by side.
 *
 * Layers are counted as in Hugging Face's hidden_states: 0 after the embeddings, L after the last of L layers, before any
 * final norm; -1 is L, -2 is L - 1.
 */
import { concat, type Tensor } from "../tensor";
import type { TowerOptions, TowerOutput } from "./tower";

/** One layer, or several whose numbers are put side by side. */
export type FeatureLayers = number | readonly number[];

/** The states of the named layers, no layer computed in vain. [B, T, D] each -> [B, T, D · layers] */
export function featuresOf(
  tower: (options: TowerOptions) => TowerOutput,
  layers: FeatureLayers,
  numHiddenLayers: number,
): Tensor {
  const wanted = (typeof layers === "number" ? [layers] : layers).map((layer) => fromFirst(layer, numHiddenLayers));
  const { hiddenStates } = tower({ layers: Math.max(...wanted) });
  const states = wanted.map((layer) => hiddenStates[layer]!);
  return states.length === 1 ? states[0]! : concat(states, 2);
}

function fromFirst(layer: number, numHiddenLayers: number): number {
  const index = layer < 0 ? numHiddenLayers + 1 + layer : layer;
  if (!Number.isInteger(index) || index < 0 || index > numHiddenLayers) {
    throw new RangeError(
      `visionFeatureLayer: expected a layer from ${-numHiddenLayers - 1} to ${numHiddenLayers}, got ${layer}`,
    );
  }
  return index;
}
