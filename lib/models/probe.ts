import type { Tensor } from "../tensor";

/**
 * Sees every named intermediate value of a forward pass, so that a lesson can draw it. A name is the path of the weights
 * that made the value, in camelCase, and what it is: `vit.encoder.layer.3.attention.attention.probs`.
 */
export type Probe = {
  (name: string, value: Tensor): void;
  /** Which names it asks for; without this, all of them. A value that costs work, and nobody asks for, is not made. */
  wants?: (name: string) => boolean;
};

/** A probe of the given names only: `seeOnly(["vit.embeddings.output"], (name, value) => …)`. */
export function seeOnly(names: readonly string[], see: (name: string, value: Tensor) => void): Probe {
  const wants = (name: string) => names.includes(name);
  return Object.assign((name: string, value: Tensor) => wants(name) && see(name, value), { wants });
}

/** The same probe for a part of the model, which names its values without knowing where it stands. */
export function under(prefix: string, probe: Probe | undefined): Probe | undefined {
  return (
    probe &&
    Object.assign((name: string, value: Tensor) => probe(`${prefix}.${name}`, value), {
      wants: (name: string) => wants(probe, `${prefix}.${name}`),
    })
  );
}

/** What to do with a value that costs work to make; undefined: do not make it. */
export function wanted(probe: Probe | undefined, name: string): ((value: Tensor) => void) | undefined {
  return probe && wants(probe, name) ? (value) => probe(name, value) : undefined;
}

function wants(probe: Probe, name: string): boolean {
  return probe.wants?.(name) ?? true;
}
