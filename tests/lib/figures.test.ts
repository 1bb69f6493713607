// @vitest-environment jsdom
/** The text equivalents say what the numbers say, and change when the numbers do. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  attention,
  bars,
  curve,
  gallery,
  headGrid,
  heatmap,
  numbers,
  overlays,
  patches,
  picture,
  similarity,
  tokens,
  topClasses,
  type Picture,
} from "../../components/figures";

/** The pixels that were put on a canvas. jsdom has none, so this one only remembers. */
const painted = new WeakMap<HTMLCanvasElement, Uint8ClampedArray>();
beforeAll(() => {
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
    return {
      createImageData: (width: number, height: number) => ({ data: new Uint8ClampedArray(width * height * 4) }),
      putImageData: ({ data }: ImageData) => void painted.set(this, data),
    };
  } as unknown as HTMLCanvasElement["getContext"];
  HTMLCanvasElement.prototype.toDataURL = function () {
    return `data:,${painted.get(this)!.join()}`;
  };
});

/** What a reader sees below a figure, with ordinary spaces. */
function text(figure: HTMLElement): string {
  return figure.querySelector("figcaption")!.textContent.replaceAll("\u00a0", " ");
}

/** 4×4 patches of 2 pixels: 8×8 pixels, each channel from a function. */
function testPicture(pixel: (x: number, y: number) => [number, number, number], size = 8): Picture {
  const data = new Uint8ClampedArray(size * size * 4);
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) data.set([...pixel(x, y), 255], (y * size + x) * 4);
  return { width: size, height: size, data };
}
const grey = testPicture(() => [100, 110, 120]);

/** A map of 1 + 16 tokens whose row `token` has these weights and whose other rows are flat. */
function map(token: number, weights: Record<number, number>) {
  const rows = Array.from({ length: 17 }, () => new Array<number>(17).fill(1 / 17));
  rows[token] = Array.from({ length: 17 }, (_, i) => weights[i] ?? 0);
  return rows;
}

describe("picture", () => {
  test("says its size and its mean colour", () => {
    expect(text(picture(grey))).toBe("8×8 pixels; their mean is red 100, green 110, blue 120 (each from 0 to 255).");
    expect(text(picture(grey, { label: "a wall" }))).toMatch(/^A wall: 8×8 pixels/);
  });

  test("makes pixel values visible again", () => {
    const data = [-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1];
    expect(text(picture({ shape: [1, 3, 2, 2], data }))).toBe(
      "2×2 pixels; their mean is red 0, green 128, blue 255 (each from 0 to 255).",
    );
    expect(() => picture({ shape: [2, 3, 2, 2], data: [...data, ...data] })).toThrow("pixel values [3, H, W] of one");
  });

  test("refuses what is not a picture", () => {
    expect(() => picture({ width: 2, height: 2, data: new Uint8ClampedArray(3) })).toThrow(
      "figures: expected 16 bytes for a picture of 2×2, got 3",
    );
    expect(() => picture(undefined as unknown as Picture)).toThrow("expected a picture");
  });
});

describe("patches", () => {
  test("says where the highlighted patch lies", () => {
    const figure = patches(grey, { patchSize: 2, highlight: 6 });
    expect(text(figure)).toContain("4×4 = 16 patches of 2×2 pixels.");
    expect(text(figure)).toContain("Patch 6: row 1, column 2, pixels 4 to 5 across and 2 to 3 down.");
    expect(figure.value).toBe(6);
  });

  test("the arrow keys pick another patch, and say so to the page", () => {
    const figure = patches(grey, { patchSize: 2, highlight: 6 });
    document.body.append(figure);
    const heard = vi.fn();
    document.body.addEventListener("input", heard);
    const grid = figure.querySelector("[role=slider]")!;
    const press = (key: string) => grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("ArrowDown");
    expect(figure.value).toBe(10);
    press("ArrowRight");
    expect(figure.value).toBe(11);
    press("ArrowRight"); // the last column: no further
    expect(figure.value).toBe(11);
    press("x");
    expect(heard).toHaveBeenCalledTimes(3);
    expect(grid.getAttribute("aria-valuetext")).toBe("patch 11, row 2, column 3");
    document.body.removeEventListener("input", heard);
  });

  test("the pointer shows a patch while it hovers, and picks it with a click", () => {
    const figure = patches(grey, { patchSize: 2, highlight: 0 });
    document.body.append(figure);
    const grid = figure.querySelector("svg")!;
    grid.getBoundingClientRect = () => ({ left: 100, top: 50, width: 400, height: 400 }) as DOMRect;
    grid.dispatchEvent(new MouseEvent("pointermove", { clientX: 100 + 350, clientY: 50 + 150 }));
    expect(text(figure)).toContain("Patch 7: row 1, column 3");
    expect(figure.value).toBe(0);
    grid.dispatchEvent(new MouseEvent("pointerleave"));
    expect(text(figure)).toContain("Patch 0:");
    grid.dispatchEvent(new MouseEvent("click", { clientX: 100 + 350, clientY: 50 + 150 }));
    expect(figure.value).toBe(7);
  });

  test("half patches are an error", () => {
    expect(() => patches(grey, { patchSize: 3 })).toThrow("multiples of 3 pixels, got 8×8");
    expect(() => patches(grey, { patchSize: 2, highlight: 16 })).toThrow("a patch from 0 to 15, got 16");
  });
});

describe("tokens", () => {
  test("one drawing a patch, in reading order", () => {
    const figure = tokens(grey, { patchSize: 2 });
    expect([...figure.querySelectorAll("li")].map((li) => li.textContent)).toEqual(
      Array.from({ length: 16 }, (_, i) => String(i)),
    );
    expect(text(figure)).toContain("16 patches of 2×2 pixels");
    expect(text(figure)).toContain("Patch 4 is the first of the second row");
    expect(text(figure)).not.toContain("marked");
    expect(text(tokens(grey, { patchSize: 2, highlight: 6 }))).toContain("Patch 6 (row 1, column 2) is marked.");
  });

  test("each drawing has its patch's pixels", () => {
    const figure = tokens(
      testPicture((x, y) => [x, y, 0]),
      { patchSize: 2 },
    );
    const corners = [...figure.querySelectorAll("img")].map(({ src }) =>
      src.slice(6).split(",").slice(0, 2).map(Number),
    );
    expect(corners).toEqual(Array.from({ length: 16 }, (_, i) => [2 * (i % 4), 2 * Math.floor(i / 4)]));
  });

  test("the class token comes first", () => {
    const figure = tokens(grey, { patchSize: 2, classToken: true });
    expect(figure.querySelectorAll("li")).toHaveLength(17);
    expect(figure.querySelector("li")!.textContent).toContain("class");
    expect(text(figure)).toContain("the class token, then 16 patches");
  });
});

describe("numbers", () => {
  const ramp = testPicture((x, y) => [y * 8 + x, 7, 200]);

  test("one channel of one patch, line by line", () => {
    const figure = numbers(ramp, { patchSize: 2, patch: 5, channel: "red" });
    const rows = [...figure.querySelectorAll("tr")].map((tr) => [...tr.children].map((td) => Number(td.textContent)));
    expect(rows).toEqual([
      [18, 19],
      [26, 27],
    ]);
    expect(text(figure)).toBe(
      "The red channel of patch 5: 2×2 = 4 numbers from 18 to 27, on average 23. With all three channels, the patch is 2×2×3 = 12 numbers.",
    );
    expect(text(numbers(ramp, { patchSize: 2, patch: 5, channel: "blue" }))).toContain("from 200 to 200");
  });

  test("the reader chooses the channel", () => {
    const figure = numbers(ramp, { patchSize: 2, patch: 5 });
    const heard = vi.fn();
    figure.addEventListener("input", heard);
    const blue = figure.querySelector<HTMLInputElement>("input[value=blue]")!;
    blue.checked = true;
    blue.dispatchEvent(new Event("input", { bubbles: true }));
    expect(text(figure)).toMatch(/^The blue channel of patch 5: .* from 200 to 200/);
    expect(heard).not.toHaveBeenCalled();
  });

  test("the digits contrast with their shade", () => {
    for (const channel of ["red", "green", "blue"] as const)
      for (const value of [0, 60, 128, 190, 255]) {
        const td = numbers(
          testPicture(() => [value, value, value]),
          { patchSize: 2, channel },
        ).querySelector("td")!;
        expect(contrast(td.style.color, td.style.background), `${channel} ${value}`).toBeGreaterThanOrEqual(4.5);
      }
  });
});

describe("topClasses", () => {
  const answers = [
    { label: "apple", probability: 0.046 },
    { label: "cat", probability: 0.914 },
    { label: "bear", probability: 0.0004 },
  ];

  test("the best first, in words and in bars", () => {
    const figure = topClasses(answers);
    expect(text(figure)).toBe(
      "The answer is cat, with a probability of 91 %; then apple (4.6 %) and bear (under 0.1 %).",
    );
    expect([...figure.querySelectorAll(".fig-bar-label")].map((e) => e.textContent)).toEqual(["cat", "apple", "bear"]);
    expect(figure.querySelector<HTMLElement>(".fig-bar i")!.style.width).toBe("91.4%");
  });

  test("probabilities with their labels", () => {
    expect(text(topClasses([0.25, 0.75], { labels: ["cat", "dog"], k: 1 }))).toContain("The answer is dog");
    expect(() => topClasses([0.25, 0.75])).toThrow("expected labels");
    expect(() => topClasses([0.25], { labels: ["cat", "dog"] })).toThrow("expected 2 probabilities");
  });

  test("k limits them", () => {
    expect(text(topClasses(answers, { k: 2 }))).not.toContain("bear");
    expect(text(topClasses(answers, { k: 1 }))).toBe("The answer is cat, with a probability of 91 %.");
  });
});

describe("attention", () => {
  const truth = { patches: [-1, 1, 1, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1], labels: ["apple", "cat"] };
  const weights = { 0: 0.1, 2: 0.3, 3: 0.25, 6: 0.2, 16: 0.15 };

  test("names the strongest patches and what they show", () => {
    const figure = attention(map(0, weights), { picture: grey, patchSize: 2, layer: 5, head: 3, truth });
    expect(text(figure)).toBe(
      "In head 3 of layer 5, the class token puts 10 % of its weight on itself and the rest on the patches. " +
        "55 % falls on the cat (2 patches), 20 % on the apple (1 patch) and 15 % on the ground (13 patches). " +
        "The strongest are patch 1 (row 0, column 1) with 30 %, 2 (row 0, column 2) with 25 % and 5 (row 1, column 1) with 20 %.",
    );
  });

  test("another token, another row", () => {
    const figure = attention(map(3, { 1: 0.9, 3: 0.1 }), { picture: grey, patchSize: 2, token: 3 });
    expect(text(figure)).toContain("Patch 2 (row 0, column 2) puts 0 % of its weight on the class token");
    expect(text(figure)).toContain("patch 0 (row 0, column 0) with 90 %");
  });

  test("the brightest patch is the strongest", () => {
    const figure = attention(map(0, weights), { picture: grey, patchSize: 2 });
    const shades = [...figure.querySelectorAll(".fig-shade")].map((rect) => Number(rect.getAttribute("opacity")));
    expect(shades.indexOf(Math.min(...shades))).toBe(1);
    expect(shades[1]).toBe(0);
    expect(shades[0]).toBeGreaterThan(0.8);
  });

  test("control: altered weights give other words", () => {
    const one = attention(map(0, weights), { picture: grey, patchSize: 2, truth });
    const other = attention(map(0, { ...weights, 2: 0.25, 3: 0.3 }), { picture: grey, patchSize: 2, truth });
    expect(text(one)).not.toBe(text(other));
  });

  test("a map as the engine gives it, flat with a shape", () => {
    const nested = map(0, weights);
    const flat = { shape: [1, 1, 17, 17], probs: Float32Array.from(nested.flat()) };
    const options = { picture: grey, patchSize: 2, truth };
    expect(text(attention(flat, options))).toBe(text(attention(nested, options)));
  });

  test("a map of another picture is an error", () => {
    expect(() => attention([[0.5, 0.5]], { picture: grey, patchSize: 2 })).toThrow("expected a map of 17 tokens");
    expect(() => attention(map(0, weights), { picture: grey, patchSize: 2, token: 17 })).toThrow("from 0 to 16");
  });
});

describe("headGrid", () => {
  test("one small map a head, each in words", () => {
    const truth = { patches: new Array(16).fill(-1).fill(0, 5, 7), labels: ["cat"] };
    const maps = [map(0, { 0: 0.5, 6: 0.5 }), map(0, { 7: 0.75, 16: 0.25 })];
    const figure = headGrid(maps, { picture: grey, patchSize: 2, layer: 2, truth });
    expect(figure.querySelectorAll(".fig-stage")).toHaveLength(2);
    expect(text(figure)).toBe(
      "Each head of layer 2, on its own scale: head 0: 50 % on things, most on patch 5 (row 1, column 1, 50 %); " +
        "head 1: 75 % on things, most on patch 6 (row 1, column 2, 75 %).",
    );
  });
});

describe("overlays", () => {
  const weights = (peak: number, weight: number) => new Array<number>(16).fill(0).fill(weight, peak, peak + 1);
  const cards = [
    { title: "layer 0", weights: weights(5, 0.2) },
    { title: "layer 1", weights: weights(6, 0.8) },
  ];
  const darkest = (figure: HTMLElement) =>
    [...figure.querySelectorAll(".fig-heads > div")].map((card) =>
      Math.min(...[...card.querySelectorAll(".fig-shade")].map((s) => Number(s.getAttribute("opacity")))),
    );

  test("one map a card, each on its own scale, in words", () => {
    const figure = overlays(grey, cards, { patchSize: 2, what: "Weights" });
    expect(text(figure)).toBe(
      "Weights, each on its own scale: layer 0: most on patch 5 (row 1, column 1, 20 %); " +
        "layer 1: most on patch 6 (row 1, column 2, 80 %).",
    );
    expect(darkest(figure)).toEqual([0, 0]);
  });

  test("on one scale, the weaker map stays darker", () => {
    const figure = overlays(grey, cards, { patchSize: 2, shared: true });
    expect(text(figure)).toContain("all on one scale");
    expect(darkest(figure)[0]).toBeGreaterThan(0.5);
    expect(darkest(figure)[1]).toBe(0);
  });

  test("a map of another size is refused", () => {
    expect(() => overlays(grey, [{ title: "x", weights: [1, 2] }], { patchSize: 2 })).toThrow("16 weights");
  });
});

describe("bars, gallery, heatmap, similarity, curve", () => {
  test("bars: every share, in order", () => {
    const shares = [
      { label: "Noto", share: 0.97 },
      { label: "OpenMoji", share: 0.512, marked: true },
    ];
    const figure = bars(shares, { what: "Right answers" });
    expect(text(figure)).toBe("Right answers: Noto, 97 %; OpenMoji, 51 %.");
    expect([...figure.querySelectorAll("i")].map((bar) => bar.style.width)).toEqual(["97%", "51.2%"]);
    expect(text(bars([...shares].reverse()))).toBe("Shares: OpenMoji, 51 %; Noto, 97 %.");
  });

  test("gallery: each picture with its words", () => {
    const figure = gallery([{ picture: grey, title: "Noto", text: "cat, 91 %" }], { caption: "One style." });
    expect(figure.querySelector("li")!.textContent).toBe("Notocat, 91 %");
    expect(text(figure)).toBe("One style.");
  });

  test("heatmap: size, range and mean", () => {
    const value = { shape: [1, 2, 3], data: [-1, 0, 1, 2, 3, 4] };
    expect(text(heatmap(value, { rows: "tokens", label: "Tokens" }))).toBe(
      "Tokens: 2 rows (tokens) of 3 numbers, from −1.00 (amber) to 4.00 (teal), on average 1.50.",
    );
    expect(text(heatmap({ shape: [1, 2], data: [0, 1] }))).toContain("from 0.00 (pale) to 1.00 (teal)");
    expect(() => heatmap({ shape: [2, 3], data: [1] })).toThrow("got shape [2, 3] with 1 numbers");
  });

  test("similarity: neighbours and the most alike", () => {
    const vectors = [
      [1, 0],
      [1, 0],
      [0, 1],
      [-1, 0],
    ];
    expect(text(similarity(vectors, { patch: 0 }))).toBe(
      "Patch 0 (row 0, column 0): its cosine to its direct neighbours is 0.50 on average, to all others 0.00. " +
        "Teal is above 0, amber below. " +
        "Most alike: patch 1 (row 0, column 1, 1.00), patch 2 (row 1, column 0, 0.00) and patch 3 (row 1, column 1, −1.00).",
    );
  });

  test("curve: first, marked and last point of each line", () => {
    const points = [
      { step: 100, accuracy: 0.1 },
      { step: 200, accuracy: 0.5 },
      { step: 1000, accuracy: 0.9 },
    ];
    const figure = curve([{ name: "training styles", points }], { at: 200 });
    expect(text(figure)).toBe("Accuracy, training styles: 10 % after 100 steps, 50 % after 200, 90 % after 1,000.");
    expect(figure.querySelectorAll("circle")).toHaveLength(1);
    expect(text(curve([{ name: "a", points }], { at: 100 }))).toBe(
      "Accuracy, a: 10 % after 100 steps, 90 % after 1,000.",
    );
    expect(curve([{ name: "a", points }], { at: 300 }).querySelectorAll("circle")).toHaveLength(0);
  });
});

/** Contrast of two CSS colours (#000, #fff or rgb()), as WCAG 2.2 defines it. */
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = colour.match(/\d+/g)!.map((value) => {
    const share = Number(value) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
