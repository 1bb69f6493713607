/** `Inputs` in a cell: Observable Inputs, with a name for each control. */

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call --
   the package has no types of its own */

type Input = (...args: any[]) => HTMLElement;

/** Inputs.range has one label and two controls: the number is labelled, the slider is not. */
export async function inputsBuiltin(): Promise<Record<string, unknown>> {
  const inputs: Record<string, any> = await import("@observablehq/inputs");
  const range: Input = (...args) => {
    const form: HTMLElement = inputs.range(...args);
    const label = form.querySelector("label")?.textContent?.trim();
    form.querySelector('input[type="range"]')?.setAttribute("aria-label", label || "Value");
    if (!label) form.querySelector('input[type="number"]')?.setAttribute("aria-label", "Value");
    return form;
  };
  return { ...inputs, range };
}
