import { isTensor } from "../tensor";

/** Frees every tensor in what a model gave: a tensor, or arrays and objects of them. */
export function disposeTensors(value: unknown): void {
  if (isTensor(value)) value.dispose();
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(disposeTensors);
}
