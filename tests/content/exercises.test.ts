/** The lessons' exercises: each usual mistake is told what it is, and not only that it is one. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compileCell } from "../../lib/cells";
import { builtinValue, createBuiltins, createEngine, gradeExercise } from "../../lib/notebook";

const builtins = createBuiltins({ engine: createEngine({ prefer: "reference" }) });
const value = (name: string) => builtinValue(builtins, name);
await Promise.all(["tensor", "nn", "images"].map(value)); // loaded before a check's clock runs

type Change = [from: string, to: string];

function exercise(lesson: string) {
  const text = readFileSync(`content/${lesson}/index.mdx`, "utf8");
  const fence = (role: string) => text.split(`\n\`\`\`js ${role}\n`)[1]!.split("\n```")[0]!;
  const check = compileCell(fence("check"), { id: "check" });
  return {
    starter: fence("starter"),
    solution: fence("solution"),
    /** The solution with some things changed; each change must be possible. */
    changed: (changes: Change[]) =>
      changes.reduce((source, [from, to]) => {
        if (!source.includes(from)) throw new Error(`the solution has no ${from}`);
        return source.replace(from, () => to);
      }, fence("solution")),
    /** What the tests that did not pass say. */
    async complaints(source: string): Promise<string> {
      const { tests } = await gradeExercise(compileCell(source, { id: "exercise" }), check, { value });
      return tests
        .filter(({ status }) => status !== "pass")
        .map(({ name, message, hint }) => `${name}: ${message ?? ""} ${hint ?? ""}`)
        .join("\n");
    },
  };
}

function mistakes(lesson: string, cases: [what: string, changes: Change[], says: string][]): void {
  describe(lesson, () => {
    const { complaints, changed, solution } = exercise(lesson);
    test("the solution passes", async () => {
      expect(await complaints(solution)).toBe("");
    });
    test.each(cases)("%s", async (_, changes, says) => {
      expect(await complaints(changed(changes))).toContain(says);
    });
  });
}

const loops = {
  c: "for (let c = 0; c < 3; c++)",
  y: "for (let y = 0; y < height; y++)",
  x: "for (let x = 0; x < width; x++)",
};
mistakes("01-pictures-as-numbers/01-pixels-and-colour", [
  ["no return", [["return planes;", ""]], "is there a return?"],
  ["not divided", [[" / 255", ""]], "The order is right. Divide by 255"],
  ["divided by 256", [["/ 255", "/ 256"]], "not by 256"],
  ["alpha kept", [["c < 3", "c < 4"]], "Leave alpha, the fourth, out"],
  ["one channel", [["c < 3", "c < 1"]], "There are three channels"],
  [
    "a list of rows",
    [
      ["planes.push(bytes[(y * width + x) * 4 + c] / 255);", ""],
      [loops.x, "planes.push([]);\n" + loops.x],
    ],
    "one flat list",
  ],
  [
    "channels last",
    [
      [loops.c, "ONE"],
      [loops.y, "TWO"],
      [loops.x, loops.c],
      ["ONE", loops.y],
      ["TWO", loops.x],
    ],
    "That is channels last without alpha",
  ],
  ["blue first", [["* 4 + c]", "* 4 + 2 - c]"]], "Red is number 0"],
  [
    "on its side",
    [
      [loops.y, "ONE"],
      [loops.x, loops.y],
      ["ONE", loops.x],
    ],
    "lies on its side",
  ],
  ["three places a pixel", [["* 4 + c]", "* 3 + c]"]], "One pixel takes 4 places"],
  ["always red", [["* 4 + c]", "* 4]"]], "All three planes are red"],
  ["height for width", [["y * width", "y * height"]], "a row has width pixels, not height"],
  [
    "bytes as they come",
    [["bytes[(y * width + x) * 4 + c]", "bytes[planes.length]"]],
    "the channels are not apart yet",
  ],
  [
    "a size written in",
    [
      ["c < 3; c++) {", "c < 3; c++) {\n"],
      ["y * width + x", "y * 3 + x"],
    ],
    "Is a size written into your code",
  ],
]);

const [centreY, centreX] = ["((j + 0.5) * height) / newHeight - 0.5", "((i + 0.5) * width) / newWidth - 0.5"];
mistakes("01-pictures-as-numbers/02-resizing-and-normalising", [
  ["no return", [["return resized;", ""]], "is there a return?"],
  [
    "as many as before",
    [
      ["j < newHeight", "j < height"],
      ["i < newWidth", "i < width"],
    ],
    "loop to newHeight",
  ],
  [
    "no halves",
    [
      [centreY, "(j * height) / newHeight"],
      [centreX, "(i * width) / newWidth"],
    ],
    "Your picture is shifted",
  ],
  [
    "half a pixel too far",
    [
      [centreY, "((j + 0.5) * height) / newHeight"],
      [centreX, "((i + 0.5) * width) / newWidth"],
    ],
    "half a pixel too far",
  ],
  [
    "corners",
    [
      [centreY, "(j * (height - 1)) / (newHeight - 1)"],
      [centreX, "(i * (width - 1)) / (newWidth - 1)"],
    ],
    "align_corners",
  ],
  [
    "no mixing",
    [
      ["const fy = y - top", "const fy = 0"],
      ["const fx = x - left", "const fx = 0"],
    ],
    "you take the pixel before it",
  ],
  [
    "nearest",
    [
      ["const fy = y - top", "const fy = Math.round(y - top)"],
      ["const fx = x - left", "const fx = Math.round(x - left)"],
    ],
    "the closest pixel alone",
  ],
  [
    "all the same",
    [
      ["const fy = y - top", "const fy = 0.5"],
      ["const fx = x - left", "const fx = 0.5"],
    ],
    "All four count the same",
  ],
  [
    "weights turned",
    [
      ["const fy = y - top", "const fy = 1 - (y - top)"],
      ["const fx = x - left", "const fx = 1 - (x - left)"],
    ],
    "the wrong way round",
  ],
  [
    "rows for columns",
    [
      ["const fy = y - top", "const fy = x - left"],
      ["const fx = x - left", "const fx = y - top"],
    ],
    "used for the columns",
  ],
  [
    "beyond the end",
    [
      ["Math.min(width - 1, left + 1)", "left + 1"],
      ["Math.min(height - 1, top + 1)", "top + 1"],
    ],
    "an index left the picture",
  ],
  [
    "before the start",
    [
      ["Math.max(0, ((j", "Math.max(-0.2, ((j"],
      ["Math.floor(y)", "Math.max(0, Math.floor(y))"],
    ],
    "border",
  ],
]);

mistakes("03-attention/01-a-weighted-average", [
  ["no return", [["return powers.map((power) => power / total);", ""]], "is there a return?"],
  [
    "not divided",
    [
      ["power / total", "power"],
      [" - largest", ""],
    ],
    "The powers are right. Divide each by the sum",
  ],
  ["divided by the largest", [["power / total", "power / Math.max(...powers)"]], "Divide by their sum"],
  ["no powers", [["Math.exp(score - largest)", "score"]], "A negative score would get a negative weight"],
  ["another base", [["Math.exp(score - largest)", "2 ** (score - largest)"]], "That is the power of 2"],
  ["winner takes all", [["Math.exp(score - largest)", "(score === largest ? 1 : 0)"]], "Softmax is softer"],
  ["overflow", [[" - largest", ""]], "Subtract the largest score from all of them first"],
  [
    "softmax down the columns",
    [
      [
        "const weights = softmax(row);",
        "const weights = row.map((x, j) => softmax(scores.map((r) => r[j]))[scores.indexOf(row)]);",
      ],
    ],
    "The columns of your weights sum to 1, not the rows",
  ],
  ["scores as weights", [["const weights = softmax(row);", "const weights = row;"]], "You mix with the scores"],
  [
    "a plain average",
    [["sum + weight * values[j][d]", "sum + values[j][d] / weights.length"]],
    "All values count the same",
  ],
  [
    "divided again",
    [["sum + weight * values[j][d]", "sum + (weight * values[j][d]) / weights.length"]],
    "do not divide again",
  ],
  [
    "the weights themselves",
    [
      [
        "return values[0].map((_, d) => weights.reduce((sum, weight, j) => sum + weight * values[j][d], 0));",
        "return weights;",
      ],
    ],
    "Mix the values with them",
  ],
  [
    "the first value",
    [
      [
        "return values[0].map((_, d) => weights.reduce((sum, weight, j) => sum + weight * values[j][d], 0));",
        "return values[0];",
      ],
    ],
    "Each row gets the first value",
  ],
]);

const [scored, softened, mixed] = [
  "q.matmul(k.transpose()).div(Math.sqrt(E))",
  "scores.softmax()",
  "weights.matmul(v)",
];
mistakes("03-attention/02-queries-keys-and-values", [
  ["no return", [[`return ${mixed};`, ""]], "is there a return?"],
  ["the table itself", [[mixed, "weights"]], "Mix the values with them"],
  ["not divided", [[".div(Math.sqrt(E))", ""]], "The scores are not divided"],
  ["divided by E", [["Math.sqrt(E)", "E"]], "You divide by E. Divide by its square root"],
  ["divided by the root of T", [["Math.sqrt(E)", "Math.sqrt(T)"]], "the root of the number of tokens"],
  ["multiplied", [[".div(Math", ".mul(Math"]], "You multiply by the root of E"],
  [
    "divided too late",
    [
      [".div(Math.sqrt(E))", ""],
      [softened, `${softened}.div(Math.sqrt(E))`],
    ],
    "You divide after softmax",
  ],
  ["the wrong axis", [[softened, "scores.softmax(0)"]], "Softmax runs along the wrong axis"],
  ["keys ask", [["q.matmul(k.transpose())", "k.matmul(q.transpose())"]], "Your rows belong to the keys"],
  ["turned over", [[mixed, "weights.transpose().matmul(v)"]], "turned over before they are used"],
  ["no softmax", [[softened, "scores"]], "You mix with the scores"],
  ["keys mixed", [[mixed, "weights.matmul(k)"]], "You mix the keys"],
  ["queries mixed", [[mixed, "weights.matmul(q)"]], "You mix the queries"],
  ["queries meet queries", [["q.matmul(k.transpose())", "q.matmul(q.transpose())"]], "Queries meet queries"],
  ["a size written in", [["Math.sqrt(E)", "2"]], "Is a size written into your code"],
  [
    "something else",
    [[scored, `${scored}.add(q.sum())`.replace(".add(q.sum())", ".mul(3)")]],
    "Which part is different in yours?",
  ],
]);

const cut = "x.reshape([T, heads, D / heads]).transpose([1, 0, 2])";
const back = "mixed.transpose([1, 0, 2]).reshape([T, D])";
mistakes("03-attention/03-many-heads", [
  ["no return", [[`return ${back};`, ""]], "is there a return?"],
  ["one head", [[back, "nn.attention(q, k, v)"]], "one head that sees all 12 numbers"],
  ["heads apart", [[back, "mixed"]], "Those are the heads, still apart"],
  [
    "split along the tokens",
    [
      [cut, "x.reshape([heads, T, D / heads])"],
      [back, "mixed.reshape([T, D])"],
    ],
    "split along the wrong axis",
  ],
  [
    "split along the tokens, joined rightly",
    [[cut, "x.reshape([heads, T, D / heads])"]],
    "which cuts the row of tokens",
  ],
  ["joined by reshape alone", [[back, "mixed.reshape([T, D])"]], "put together without swapping the axes back"],
  [
    "every third number",
    [
      [cut, "x.reshape([T, D / heads, heads]).transpose([2, 0, 1])"],
      [back, "mixed.transpose([1, 2, 0]).reshape([T, D])"],
    ],
    "Your heads take every third number",
  ],
  ["the root of D", [["split(v))", "split(v), { scale: 1 / Math.sqrt(D) })"]], "the root of D"],
  ["not divided", [["split(v))", "split(v), { scale: 1 })"]], "not divided by the root of E"],
  [
    "tokens never meet",
    [
      [cut, "x.reshape([T, heads, D / heads])"],
      [back, "mixed.reshape([T, D])"],
    ],
    "the tokens never meet",
  ],
  [
    "averaged",
    [
      [
        back,
        "mixed.mean(0, { keepDims: true }).broadcastTo([heads, T, D / heads]).transpose([1, 0, 2]).reshape([T, D])",
      ],
    ],
    "You average over the heads",
  ],
  ["a size written in", [["D / heads]", "4]"]], "expected a shape of 40 numbers"],
]);

const pair = "if (tokens[i] === a && tokens[i + 1] === b) {";
mistakes("05-language-decoders/01-tokens", [
  ["no return", [["return tokens;", ""]], "is there a return?"],
  ["nothing joined", [["tokens = joined;", ""]], "Nothing was joined"],
  ["not skipped", [["i++; // the second one is used up", ""]], "Both symbols of a pair are used up"],
  ["the wrong way round", [["joined.push(a + b)", "joined.push(b + a)"]], "in the order of the text"],
  ["a plus sign", [["joined.push(a + b)", 'joined.push(a + "+" + b)']], "the two strings side by side"],
  [
    "the first place only",
    [[pair, "if (joined.every((t) => t !== a + b) && tokens[i] === a && tokens[i + 1] === b) {"]],
    "Only the first place was joined",
  ],
  [
    "joined with itself",
    [[pair, "if (joined.at(-1)?.startsWith(a + b) && a === b) joined.push(joined.pop() + tokens[i]);\nelse " + pair]],
    "The new token was joined again",
  ],
  [
    "from the right",
    [
      ["for (let i = 0; i < tokens.length; i++) {", "for (let i = tokens.length - 1; i >= 0; i--) {"],
      [pair, "if (tokens[i] === b && tokens[i - 1] === a) {"],
      ["i++; // the second one is used up", "i--;"],
      ["tokens = joined;", "tokens = joined.reverse();"],
    ],
    "You join from the right",
  ],
  [
    "symbols, not tokens",
    [
      [
        "let tokens = [...symbols];",
        "let tokens = [...symbols];\nmerges = merges.filter(([a, b]) => a.length + b.length === 2);",
      ],
    ],
    "can be part of a later rule",
  ],
  ["from the end of the list", [["of merges)", "of [...merges].reverse())"]], "You begin at the end of the list"],
  [
    "the longest that fits",
    [
      [
        "let tokens = [...symbols];",
        'merges = [...merges].sort(([a, b]) => (symbols.join("").startsWith(a + b) ? -1 : 1));\nlet tokens = [...symbols];',
      ],
    ],
    "What comes first in the list goes first",
  ],
]);

mistakes("05-language-decoders/02-residual-stream", [
  ["no return", [["return x.add(passed.matmul(down));", ""]], "is there a return?"],
  ["still wide", [["return x.add(passed.matmul(down));", "return passed;"]], "That is still wide"],
  ["nothing done", [["return x.add(passed.matmul(down));", "return x;"]], "Nothing has been added"],
  ["not added", [["x.add(passed.matmul(down))", "passed.matmul(down)"]], "A layer adds it to the stream"],
  ["added to the copy", [["x.add(passed", "y.add(passed"]], "The norm is for reading only"],
  ["no norm", [["x.div(scale).mul(norm)", "x"]], "The norm is missing"],
  ["no learned numbers", [[".mul(norm)", ""]], "The learned numbers of the norm are missing"],
  [
    "layer norm",
    [
      ["x.square().mean", "x.sub(x.mean(-1, { keepDims: true })).square().mean"],
      ["x.div(scale)", "x.sub(x.mean(-1, { keepDims: true })).div(scale)"],
    ],
    "You subtract the mean",
  ],
  ["no root", [[".add(eps).sqrt()", ".add(eps)"]], "Divide by its root"],
  ["a sum", [["x.square().mean(-1", "x.square().sum(-1"]], "the root of the sum of squares"],
  ["over the tokens", [["x.square().mean(-1", "x.square().mean(0"]], "The mean is taken over the tokens"],
  ["over everything", [["x.square().mean(-1, { keepDims: true })", "x.square().mean()"]], "One mean for all tokens"],
  [
    "gate and up exchanged",
    [
      ["y.matmul(gate)", "y.matmul(OTHER)"],
      ["y.matmul(up)", "y.matmul(gate)"],
      ["OTHER", "up"],
    ],
    "Gate and up are exchanged",
  ],
  ["not bent", [["z.mul(z.sigmoid())", "z"]], "The gate is not bent"],
  ["sigmoid alone", [["z.mul(z.sigmoid())", "z.sigmoid()"]], "That is sigmoid alone"],
  ["relu", [["z.mul(z.sigmoid())", "z.relu()"]], "That is relu"],
  ["no up", [["open.mul(y.matmul(up))", "open"]], "nothing passes through it"],
  ["added halves", [["open.mul(y.matmul(up))", "open.add(y.matmul(up))"]], "A gate multiplies"],
  ["eps outside the root", [[".add(eps).sqrt()", ".sqrt().add(eps)"]], "inside the root"],
  ["eps forgotten", [[".add(eps)", ".add(0)"]], "eps counts"],
  [
    "a size written in",
    [["x.square().mean(-1, { keepDims: true })", "x.square().sum(-1, { keepDims: true }).div(4)"]],
    "Is a size written into your code?",
  ],
]);

const bothRates = "{ recall: refused(true) / count(true), falseRefusals: refused(false) / count(false) }";
const all = "(refused(true) + refused(false))";
mistakes("10-post-training/05-safety-and-the-price-of-refusing", [
  ["no return", [[`return ${bothRates};`, ""]], "is there a return?"],
  ["the threshold the wrong way round", [["score > threshold", "score < threshold"]], "You refuse below the threshold"],
  [
    "the wrong way round, with the threshold",
    [["score > threshold", "score <= threshold"]],
    "You refuse below the threshold",
  ],
  ["misses", [["refused(true) / count(true)", "1 - refused(true) / count(true)"]], "That is the share of misses"],
  ["precision", [["refused(true) / count(true)", `refused(true) / ${all}`]], "that is called precision"],
  ["of all messages", [["refused(true) / count(true)", "refused(true) / scores.length"]], "a share of the unsafe ones"],
  ["a count", [["refused(true) / count(true)", "refused(true)"]], "That is a count"],
  [
    "of the refused",
    [["refused(false) / count(false)", `refused(false) / ${all}`]],
    "False refusals are a share of the safe messages",
  ],
  [
    "safe ones of all",
    [["refused(false) / count(false)", "refused(false) / scores.length"]],
    "a share of the safe ones",
  ],
  ["answered ones", [["refused(false) / count(false)", "1 - refused(false) / count(false)"]], "that are answered"],
  ["on the threshold", [["score > threshold", "score >= threshold"]], "A score on the threshold is not above it"],
  ["the price forgotten", [["falseRefusals <= allowed && ", ""]], "more safe messages are refused than allowed"],
  ["always one half", [["return best;", "return 0.5;"]], "more safe messages are refused than allowed"],
  ["too strict", [["recall > highest", "threshold < 1 && threshold > best % 1"]], "A lower threshold is allowed"],
  ["no threshold", [["return best;", ""]], "choose has to return a number"],
]);

mistakes("08-mixture-of-encoders/01-why-one-encoder-is-not-enough", [
  ["no return", [["return right / vectors.length;", ""]], "is there a return?"],
  ["finds itself", [["if (j === i) continue;", ""]], "Each picture finds itself"],
  ["dot products", [["/ Math.sqrt(dot(a, a) * dot(b, b))", ""]], "A long vector has a large one with everybody"],
  [
    "divided by one length",
    [["/ Math.sqrt(dot(a, a) * dot(b, b))", "/ Math.sqrt(dot(a, a))"]],
    "A long vector has a large one with everybody",
  ],
  [
    "the least alike",
    [
      ["-Infinity", "Infinity"],
      ["likeness > highest", "likeness < highest"],
    ],
    "You take the least alike",
  ],
  [
    "the smallest distance",
    [["dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))", "-a.reduce((sum, x, d) => sum + (x - b[d]) ** 2, 0)"]],
    "You take the smallest distance",
  ],
  ["a count", [["right / vectors.length", "right"]], "Return a share"],
  [
    "the wrong ones",
    [["labels[nearest] === labels[i]", "labels[nearest] !== labels[i]"]],
    "the share of the wrong ones",
  ],
  ["starts at 0", [["-Infinity", "0"]], "begin the highest at -Infinity"],
]);

const [atC, atR, atK] = ["let c = 0; c < channels; c++", "let r = 0; r < s; r++", "let k = 0; k < s; k++"];
mistakes("08-mixture-of-encoders/02-experts-and-their-grids", [
  ["no return", [["return out;", ""]], "is there a return?"],
  [
    "row and column exchanged",
    [
      [atR, "ONE"],
      [atK, atR],
      ["ONE", atK],
    ],
    "k changes fastest",
  ],
  [
    "squares first",
    [
      [atC, "ONE"],
      [atR, "TWO"],
      [atK, atC],
      ["ONE", atR],
      ["TWO", atK],
    ],
    "all channels of the top left places first",
  ],
  [
    "averaged",
    [
      [atR, "let r = 0; r < 1; r++"],
      [atK, "let k = 0; k < 1; k++"],
      [
        "map[c][Y * s + r][X * s + k]",
        "(map[c][Y * s][X * s] + map[c][Y * s + 1][X * s] + map[c][Y * s][X * s + 1] + map[c][Y * s + 1][X * s + 1]) / 4",
      ],
    ],
    "or averaged",
  ],
  [
    "averaged, four times",
    [
      [
        "map[c][Y * s + r][X * s + k]",
        "(map[c][Y * s][X * s] + map[c][Y * s + 1][X * s] + map[c][Y * s][X * s + 1] + map[c][Y * s + 1][X * s + 1]) / 4",
      ],
    ],
    "You average the square",
  ],
  [
    "quarters",
    [["[Y * s + r][X * s + k]", "[(r * height) / s + Y][(k * width) / s + X]"]],
    "You cut the map into quarters",
  ],
  ["always the same corner", [["[Y * s + r][X * s + k]", "[Y * s][X * s]"]], "Add r to the row"],
  [
    "columns for rows",
    [
      ["Y < height / s", "Y < width / s"],
      ["X < width / s", "X < height / s"],
      ["[Y * s + r][X * s + k]", "[X * s + r][Y * s + k]"],
    ],
    "Rows and columns are the wrong way round",
  ],
  [
    "a factor written in",
    [
      [atR, "let r = 0; r < 2; r++"],
      [atK, "let k = 0; k < 2; k++"],
    ],
    "Is the 2 written into your code?",
  ],
]);

const lookedThenThought = "looked.add(think(looked).mul(w.mlpGate.tanh()))";
mistakes("09-llama-3-2-vision/01-adapters-by-cross-attention", [
  ["no return", [[`return ${lookedThenThought};`, ""]], "is there a return?"],
  [
    "still a head's result",
    [
      [".matmul(w.out)", ""],
      ["x.add(seen", "seen.add(seen"],
      [lookedThenThought, "seen"],
    ],
    "The matrix out brings it back",
  ],
  ["nothing done", [[lookedThenThought, "x"]], "nothing was added to it"],
  [
    "gates not bent",
    [
      ["w.attentionGate.tanh()", "w.attentionGate"],
      ["w.mlpGate.tanh()", "w.mlpGate"],
    ],
    "The gates multiply as they are",
  ],
  ["first gate not bent", [["w.attentionGate.tanh()", "w.attentionGate"]], "The first gate multiplies as it is"],
  ["second gate not bent", [["w.mlpGate.tanh()", "w.mlpGate"]], "The second gate multiplies as it is"],
  [
    "not zero at the start",
    [
      ["w.attentionGate.tanh()", "w.attentionGate.sigmoid()"],
      ["w.mlpGate.tanh()", "w.mlpGate.sigmoid()"],
    ],
    "the gate would not be shut at the start",
  ],
  [
    "no gates",
    [
      [".mul(w.attentionGate.tanh())", ""],
      [".mul(w.mlpGate.tanh())", ""],
    ],
    "There are no gates",
  ],
  ["no first gate", [[".mul(w.attentionGate.tanh())", ""]], "The first half has no gate"],
  ["no second gate", [[".mul(w.mlpGate.tanh())", ""]], "The second half has no gate"],
  [
    "gates exchanged",
    [
      ["w.attentionGate", "w.OTHER"],
      ["w.mlpGate", "w.attentionGate"],
      ["w.OTHER", "w.mlpGate"],
    ],
    "The two gates are exchanged",
  ],
  [
    "keys and values from the text",
    [
      ["picture.matmul(w.key)", "x.matmul(w.key)"],
      ["picture.matmul(w.value)", "x.matmul(w.value)"],
    ],
    "nobody looks at the picture",
  ],
  ["keys from the text", [["picture.matmul(w.key)", "x.matmul(w.key)"]], "The keys come from the text"],
  ["values from the text", [["picture.matmul(w.value)", "x.matmul(w.value)"]], "The values come from the text"],
  ["queries from the picture", [["x.matmul(w.query)", "picture.matmul(w.query)"]], "It is the words that ask"],
  [
    "the picture asks",
    [
      ["x.matmul(w.query)", "picture.matmul(w.query)"],
      ["picture.matmul(w.key)", "x.matmul(w.key)"],
      ["picture.matmul(w.value)", "x.matmul(w.value)"],
    ],
    "It is the words that look",
  ],
  ["no thinking", [[lookedThenThought, "looked"]], "Each token has looked, and not thought"],
  [
    "the text replaced",
    [["x.add(seen.mul(w.attentionGate.tanh()))", "seen.mul(w.attentionGate.tanh())"]],
    "It has to be added to x",
  ],
  [
    "replaced by thought",
    [[lookedThenThought, "think(looked).mul(w.mlpGate.tanh())"]],
    "What the MLP gives takes the text's place",
  ],
  ["thinks about the old text", [["think(looked)", "think(x)"]], "The MLP gets the text as it came in"],
  ["what was seen is lost", [["return looked.add", "return x.add"]], "What was seen is lost on the way"],
  [
    "the text gated too",
    [["x.add(seen.mul(w.attentionGate.tanh()))", "x.add(seen).mul(w.attentionGate.tanh())"]],
    "The gate multiplies the text too",
  ],
  ["not divided", [[".div(Math.sqrt(E))", ""]], "not divided by the square root"],
  ["softmax over the words", [[".softmax()", ".softmax(0)"]], "Softmax runs along the wrong axis"],
  ["no softmax", [[".softmax()", ""]], "You mix with the scores"],
  [
    "a size written in",
    [
      ["picture.matmul(w.key)", "picture.slice([0, 5]).matmul(w.key)"],
      ["picture.matmul(w.value)", "picture.slice([0, 5]).matmul(w.value)"],
    ],
    "Is a size written into your code",
  ],
]);

const firstHalf = "x.add(selfAttention(nn.layerNorm(x, w.norm1, eps), w.attention, heads))";
const secondHalf = "looked.add(nn.mlp(nn.layerNorm(looked, w.norm2, eps), w.mlp))";
mistakes("04-vision-transformers/01-patches", [
  ["no return", [["return patches;", ""]], "is there a return?"],
  ["nothing pushed", [["patches.push(patch);", ""]], "push a patch for each corner"],
  [
    "one long list",
    [
      ["patches.push(patch);", ""],
      ["patch.push(", "patches.push("],
    ],
    "Start a new list for each patch",
  ],
  [
    "one patch a pixel",
    [
      ["top += patchSize", "top++"],
      ["left += patchSize", "left++"],
    ],
    "That is one list per pixel",
  ],
  ["the last row left out", [["top < height", "top < height - patchSize"]], "Half of the patches are missing"],
  ["the last column left out", [["left < width", "left < width - patchSize"]], "The last column of patches is missing"],
  ["one channel", [["c < channels", "c < 1"]], "That is one channel"],
  ["one line too many", [["y < patchSize", "y <= patchSize"]], "one line too many"],
  ["one in each line too many", [["x < patchSize", "x <= patchSize"]], "One too many in each line"],
  [
    "down before right",
    [
      ["for (let top = 0; top < height; top += patchSize)", "ONE"],
      ["for (let left = 0; left < width; left += patchSize)", "for (let top = 0; top < height; top += patchSize)"],
      ["ONE", "for (let left = 0; left < width; left += patchSize)"],
    ],
    "Rows before columns",
  ],
  [
    "channels last",
    [
      ["for (let c = 0; c < channels; c++)", "ONE"],
      ["for (let x = 0; x < patchSize; x++)", "for (let c = 0; c < channels; c++)"],
      ["for (let y = 0; y < patchSize; y++)", "for (let x = 0; x < patchSize; x++)"],
      ["ONE", "for (let y = 0; y < patchSize; y++)"],
    ],
    "channels last",
  ],
  [
    "on its side",
    [
      ["for (let y = 0; y < patchSize; y++)", "ONE"],
      ["for (let x = 0; x < patchSize; x++)", "for (let y = 0; y < patchSize; y++)"],
      ["ONE", "for (let x = 0; x < patchSize; x++)"],
    ],
    "so it lies on its side",
  ],
  ["height for width", [["* width + left", "* height + left"]], "A row of the picture has width numbers"],
  ["the corner forgotten", [["* width + left + x", "* width + x"]], "its top left corner"],
  ["beyond the picture", [["+ left + x]", "+ left + x + 70]"]], "Your index leaves the picture"],
  ["a size written in", [["(c * height + top", "(c * 4 + top"]], "Is a size written into your code"],
]);

mistakes("04-vision-transformers/02-the-block", [
  ["no return", [[`return ${secondHalf};`, ""]], "is there a return?"],
  ["attention alone", [[secondHalf, "looked"]], "That is the first half"],
  ["the MLP alone", [[firstHalf, "x"]], "never look at each other"],
  [
    "no bridges",
    [
      [firstHalf, firstHalf.replace("x.add(", "(")],
      [secondHalf, secondHalf.replace("looked.add(", "(")],
    ],
    "Both bridges are missing",
  ],
  ["no bridge around attention", [[firstHalf, firstHalf.replace("x.add(", "(")]], "The bridge around attention"],
  ["no bridge around the MLP", [[secondHalf, secondHalf.replace("looked.add(", "(")]], "The bridge around the MLP"],
  [
    "the first tokens again",
    [[secondHalf, secondHalf.replace("looked.add(", "x.add(")]],
    "what attention wrote is lost",
  ],
  [
    "thinks about the first tokens",
    [[secondHalf, secondHalf.replace("Norm(looked", "Norm(x")]],
    "Your MLP reads the tokens as",
  ],
  [
    "post-norm",
    [
      [firstHalf, "nn.layerNorm(x.add(selfAttention(x, w.attention, heads)), w.norm1, eps)"],
      [secondHalf, "nn.layerNorm(looked.add(nn.mlp(looked, w.mlp)), w.norm2, eps)"],
    ],
    "That is post-norm",
  ],
  [
    "the second norm behind",
    [[secondHalf, "nn.layerNorm(looked.add(nn.mlp(looked, w.mlp)), w.norm2, eps)"]],
    "The second norm stands behind",
  ],
  [
    "normalised in the stream",
    [
      [firstHalf, "x"],
      [
        "const looked",
        "x = nn.layerNorm(x, w.norm1, eps);\n  x = x.add(selfAttention(x, w.attention, heads));\n  const looked",
      ],
    ],
    "Your bridge carries the normalised tokens",
  ],
  ["one norm twice", [["w.norm2", "w.norm1"]], "Both steps use the first norm"],
  [
    "norms swapped",
    [
      ["w.norm1", "ONE"],
      ["w.norm2", "w.norm1"],
      ["ONE", "w.norm2"],
    ],
    "The two norms are swapped",
  ],
  ["no first norm", [["nn.layerNorm(x, w.norm1, eps)", "x"]], "Attention reads the tokens as they are"],
  ["no second norm", [["nn.layerNorm(looked, w.norm2, eps)", "looked"]], "The MLP reads the stream as it is"],
  [
    "no norms",
    [
      ["nn.layerNorm(x, w.norm1, eps)", "x"],
      ["nn.layerNorm(looked, w.norm2, eps)", "looked"],
    ],
    "Neither step reads normalised tokens",
  ],
  [
    "thinks first",
    [
      [firstHalf, "x.add(nn.mlp(nn.layerNorm(x, w.norm2, eps), w.mlp))"],
      [secondHalf, "looked.add(selfAttention(nn.layerNorm(looked, w.norm1, eps), w.attention, heads))"],
    ],
    "Attention comes first",
  ],
  ["heads written in", [["w.attention, heads)", "w.attention, 2)"]], "heads or eps written into your code"],
  ["something else", [[secondHalf, `${secondHalf}.mul(2)`]], "Which part is different in yours?"],
]);

const mixedMap = "layer.mean(0).add(identity(T)).mul(0.5)";
mistakes("04-vision-transformers/03-attention-maps", [
  ["no return", [["return flow;", ""]], "is there a return?"],
  ["nothing done", [["flow = mixed.matmul(flow);", ""]], "That is where it starts"],
  ["heads apart", [["layer.mean(0)", "layer"]], "The heads are still apart"],
  ["no bridge", [[mixedMap, "layer.mean(0)"]], "The bridge is forgotten: a token also keeps itself"],
  [
    "no bridge, wrong order",
    [
      [mixedMap, "layer.mean(0)"],
      ["mixed.matmul(flow)", "flow.matmul(mixed)"],
    ],
    "and the layers come in the wrong order",
  ],
  [
    "one bridge",
    [
      [mixedMap, "layer.mean(0)"],
      ["return flow;", "return flow.add(identity(T)).mul(0.5);"],
    ],
    "once, at the end",
  ],
  ["wrong order", [["mixed.matmul(flow)", "flow.matmul(mixed)"]], "The layers come in the wrong order"],
  ["not halved", [[".mul(0.5)", ""]], "Your rows sum to 8"],
  ["heads added", [["layer.mean(0)", "layer.sum(0)"]], "You add the heads up"],
  ["one head", [["layer.mean(0)", "layer.slice(0)"]], "head 0 alone"],
  ["the strongest head", [["layer.mean(0)", "layer.max(0)"]], "You take the strongest head"],
  ["the last layer", [["mixed.matmul(flow)", "mixed"]], "the last layer alone"],
  ["the first layer", [["const layer of layers", "const layer of layers.slice(0, 1)"]], "the first layer alone"],
  [
    "an average of layers",
    [["mixed.matmul(flow)", "layer === layers[0] ? mixed.div(3) : flow.add(mixed.div(3))"]],
    "You average the layers",
  ],
  [
    "number by number",
    [["mixed.matmul(flow)", "layer === layers[0] ? mixed : flow.mul(mixed)"]],
    "You multiply number by number",
  ],
  ["maps turned over", [["layer.mean(0)", "layer.mean(0).transpose()"]], "Your maps are turned over"],
  ["the result turned over", [["return flow;", "return flow.transpose();"]], "The result is turned over"],
  ["a number of layers", [["const layer of layers", "const layer of layers.slice(0, 3)"]], "Is a number of layers"],
  ["something else", [["return flow;", "return flow.mul(3);"]], "Which part is different?"],
]);

const unitRow = "x.div(x.square().sum(1, { keepDims: true }).sqrt())";
const quizzes = "quiz(1).add(quiz(0)).div(2)";
mistakes("06-pictures-and-words/01-contrastive-learning", [
  ["no return", [[`return ${quizzes};`, ""]], "is there a return?"],
  ["the table itself", [[quizzes, "table"]], "That is the whole table"],
  ["a loss for each", [[".sum().neg().div(N)", ".sum(axis).neg()"]], "one loss for each pair"],
  ["nothing", [[quizzes, "tensor(0)"]], "That is 0"],
  ["rows only", [[quizzes, "quiz(1)"]], "which sentence belongs to the picture"],
  ["rows twice", [["quiz(0)", "quiz(1)"]], "which sentence belongs to the picture"],
  ["columns only", [[quizzes, "quiz(0)"]], "which picture belongs to the sentence"],
  ["added up", [[quizzes, "quiz(1).add(quiz(0))"]], "Take their mean"],
  ["not of length 1", [[unitRow, "x"]], "The arrows do not have length 1"],
  [
    "neither length nor scale",
    [
      [unitRow, "x"],
      [".mul(scale)", ""],
    ],
    "Neither length 1 nor scale",
  ],
  ["texts as they come", [["unit(texts)", "texts"]], "The sentences' arrows"],
  ["pictures as they come", [["unit(images)", "images"]], "The pictures' arrows"],
  ["no scale", [[".mul(scale)", ""]], "The scale is forgotten"],
  ["divided by the scale", [[".mul(scale)", ".div(scale)"]], "You divide by the scale"],
  ["the power of the scale", [[".mul(scale)", ".mul(Math.exp(scale))"]], "is not a number"],
  ["columns of length 1", [[".sum(1, {", ".sum(0, {"]], "You divide each column"],
  ["a sum", [[".neg().div(N)", ".neg()"]], "a sum over the pairs"],
  [
    "a mean over all places",
    [[".sum().neg().div(N)", ".mean().neg()"]],
    "You divide by N twice, or by all N × N places",
  ],
  ["divided twice", [[".neg().div(N)", ".neg().div(N * N)"]], "You divide by N twice"],
  ["the sign", [[".neg()", ""]], "The sign is turned"],
  ["no logarithm", [[".log()", ""]], "You add up probabilities"],
  ["no softmax", [[".softmax(axis).log()", ""]], "only pulls pairs together"],
  ["a scale written in", [[".mul(scale)", ".mul(5)"]], "Is a size or a scale written into your code"],
]);

const [prunedGate, prunedUp, prunedDown] = ["gate.gather(kept)", "up.gather(kept)", "down.transpose().gather(kept)"];
mistakes("11-small-models/01-structured-pruning", [
  [
    "no return",
    [
      ["return {", "({"],
      ["transpose(),\n  };", "transpose(),\n  });"],
    ],
    "is there a return?",
  ],
  ["nothing cut", [["const ranked", "return { gate, up, down };\n  const ranked"]], "Nothing is cut yet"],
  ["down as it was", [[`${prunedDown}.transpose()`, "down"]], "down still has all its columns"],
  ["up as it was", [[prunedUp, "up"]], "up still has all its rows"],
  ["gate as it was", [[prunedGate, "gate"]], "gate still has all its rows"],
  ["those that should go", [["slice(0, keep)", "slice(keep)"]], "the neurons that should go"],
  [
    "the least important",
    [["importance[b] - importance[a]", "importance[a] - importance[b]"]],
    "You keep the least important",
  ],
  ["the first ones", [[".sort((a, b) => importance[b] - importance[a])", ""]], "You keep the first ones"],
  [
    "sorted as texts",
    [
      [
        ".sort((a, b) => importance[b] - importance[a])",
        ".sort((a, b) => (String(importance[b]) < String(importance[a]) ? -1 : 1))",
      ],
    ],
    "compares as texts",
  ],
  [
    "down in another order",
    [[prunedDown, "down.transpose().gather(ranked.slice(0, keep))"]],
    "gate and down are cut at different places",
  ],
  [
    "down's first columns",
    [[prunedDown, "down.transpose().slice([0, keep])"]],
    "gate and down are cut at different places",
  ],
  [
    "rows of down",
    [[`${prunedDown}.transpose()`, "down.slice(null, [0, keep])"]],
    "gate and down are cut at different places",
  ],
  ["up in another order", [[prunedUp, "up.gather(ranked.slice(0, keep))"]], "gate and up are cut at different places"],
  ["up's first rows", [[prunedUp, "up.slice([0, keep])"]], "gate and up are cut at different places"],
  [
    "importance sorted",
    [
      [
        "const ranked",
        "const before = importance.slice();\n  importance.sort((a, b) => a - b);\n  importance = before;\n  const ranked",
      ],
    ],
    "You sorted importance itself",
  ],
  ["a size written in", [["slice(0, keep)", "slice(0, 4)"]], "Is a size written into your code"],
]);

const softTerm = "soft.mul(share * T * T)";
const teacherFirst = "logSoftmax(teacher.div(T)).sub(logSoftmax(student.div(T)))";
mistakes("11-small-models/02-distillation", [
  ["no return", [[`return ${softTerm}.add(hard.mul(1 - share));`, ""]], "is there a return?"],
  ["a loss for each", [["p.mul(gap).sum().div(N)", "p.mul(gap).sum(-1)"]], "That is a loss for each token"],
  ["no sum", [["p.mul(gap).sum().div(N)", "p.mul(gap)"]], "a number for each word"],
  ["nothing", [[`return ${softTerm}.add(hard.mul(1 - share))`, "return tensor(0)"]], "That is 0"],
  ["no T²", [["share * T * T", "share"]], "T² is forgotten"],
  ["T once", [["share * T * T", "share * T"]], "You multiply by T."],
  ["divided by T²", [["share * T * T", "share / T / T"]], "You divide by T²"],
  [
    "KL the wrong way round",
    [
      ["const p = teacher.div", "const p = student.div"],
      [teacherFirst, "logSoftmax(student.div(T)).sub(logSoftmax(teacher.div(T)))"],
    ],
    "KL the wrong way round",
  ],
  [
    "the wrong way round, no T²",
    [
      ["const p = teacher.div", "const p = student.div"],
      [teacherFirst, "logSoftmax(student.div(T)).sub(logSoftmax(teacher.div(T)))"],
      ["share * T * T", "share"],
    ],
    "KL is the wrong way round, and T² is forgotten",
  ],
  [
    "the sign",
    [[teacherFirst, "logSoftmax(student.div(T)).sub(logSoftmax(teacher.div(T)))"]],
    "The sign of the soft part",
  ],
  ["cross-entropy", [[teacherFirst, "logSoftmax(student.div(T)).neg()"]], "the cross-entropy with the teacher"],
  [
    "a student without T",
    [["logSoftmax(student.div(T))", "logSoftmax(student)"]],
    "The student's scores are not divided",
  ],
  [
    "a teacher without T",
    [
      ["= teacher.div(T)", "= teacher"],
      ["logSoftmax(teacher.div(T))", "logSoftmax(teacher)"],
    ],
    "The teacher's scores are not divided",
  ],
  [
    "no temperature",
    [
      ["= teacher.div(T)", "= teacher"],
      ["logSoftmax(teacher.div(T))", "logSoftmax(teacher)"],
      ["student.div(T)", "student"],
      ["share * T * T", "share"],
    ],
    "There is no temperature in it",
  ],
  [
    "T² alone",
    [
      ["= teacher.div(T)", "= teacher"],
      ["logSoftmax(teacher.div(T))", "logSoftmax(teacher)"],
      ["student.div(T)", "student"],
    ],
    "T² is there, but",
  ],
  [
    "multiplied by T",
    [
      ["const p = teacher.div(T)", "const p = teacher.mul(T)"],
      ["logSoftmax(teacher.div(T))", "logSoftmax(teacher.mul(T))"],
      ["student.div(T)", "student.mul(T)"],
    ],
    "You multiply the scores by T",
  ],
  [
    "a hard part at T",
    [["logSoftmax(student).mul", "logSoftmax(student.div(T)).mul"]],
    "The hard part is at temperature T",
  ],
  [
    "the teacher learns",
    [["logSoftmax(student).mul", "logSoftmax(teacher).mul"]],
    "The hard part uses the teacher's scores",
  ],
  [
    "shares swapped",
    [
      ["share * T * T", "(1 - share) * T * T"],
      ["hard.mul(1 - share)", "hard.mul(share)"],
    ],
    "The shares are swapped",
  ],
  [
    "no shares",
    [
      ["share * T * T", "T * T"],
      ["hard.mul(1 - share)", "hard"],
    ],
    "nobody has weighed them",
  ],
  ["no hard part", [[".add(hard.mul(1 - share))", ""]], "The hard part is missing"],
  ["no soft part", [[`${softTerm}.add(hard.mul(1 - share))`, "hard.mul(1 - share)"]], "The soft part is missing"],
  ["the sign of the hard part", [[".sum().neg().div(N)", ".sum().div(N)"]], "The sign of the hard part"],
  [
    "sums over tokens",
    [
      ["sum().div(N);\n  const hard", "sum();\n  const hard"],
      [".sum().neg().div(N)", ".sum().neg()"],
    ],
    "a sum over the tokens",
  ],
  ["a mean over words", [["p.mul(gap).sum().div(N)", "p.mul(gap).mean()"]], "The soft part is a mean over all words"],
  ["a temperature written in", [["share * T * T", "share * 9"]], "Is a number written into your code"],
]);

const whole = "nn.linear(nn.gelu(nn.linear(x, w.linear1)), w.linear2)";
const rowsOf = "Array.from({ length: N }, (_, n) => maps.map((map) => map[n]).flat())";
mistakes("08-mixture-of-encoders/03-fusing-five-strategies", [
  ["no return", [[`return ${whole};`, ""]], "is there a return?"],
  [
    "experts in the wrong order",
    [["maps.map((map)", "[...maps].reverse().map((map)"]],
    "The experts stand in another order",
  ],
  [
    "two experts exchanged",
    [["maps.map((map)", "[maps[1], maps[0], maps[2]].map((map)"]],
    "The experts stand in another order",
  ],
  [
    "a projector that mixes tokens",
    [[`tensor(rows)`, "tensor(maps.flat(2), [N, maps.flat(2).length / N])"]],
    "Your rows mix places",
  ],
  [
    "turned on their side",
    [["tensor(rows)", "tensor(maps.flat(2), [maps.flat(2).length / N, N]).transpose()"]],
    "turned on their side",
  ],
  [
    "an average over the places",
    [["tensor(rows)", "tensor(rows).mean(0, { keepDims: true }).broadcastTo([N, rows[0].length])"]],
    "you average over the places",
  ],
  [
    "places mixed otherwise",
    [["tensor(rows)", "tensor(rows).add(tensor(rows).mean(0, { keepDims: true }))"]],
    "Your projector mixes tokens",
  ],
  ["below each other", [[rowsOf, "maps.flat()"]], "experts stand side by side, not below each other"],
  [
    "no gelu",
    [["nn.gelu(nn.linear(x, w.linear1))", "nn.linear(x, w.linear1)"]],
    "There is no gelu between the matrices",
  ],
  ["one matrix", [[whole, "nn.gelu(nn.linear(x, w.linear1))"]], "The second matrix is missing"],
  ["gelu at the end", [[whole, "nn.gelu(nn.linear(nn.linear(x, w.linear1), w.linear2))"]], "not after them"],
  ["relu", [["nn.gelu(nn.linear(x, w.linear1))", "nn.linear(x, w.linear1).relu()"]], "That is relu"],
  ["no projector", [[whole, "x"]], "Send them through the projector"],
  ["four places written in", [["length: N", "length: 4"]], "written into your code as a number"],
]);

const [turnedFirst, turnedSecond] = [
  "a * Math.cos(angle) - b * Math.sin(angle)",
  "b * Math.cos(angle) + a * Math.sin(angle)",
];
mistakes("05-language-decoders/03-rope", [
  ["no return", [["return y;", ""]], "is there a return?"],
  ["half of it", [["return y;", "return y.slice(0, half);"]], "only 4 numbers"],
  ["nothing turned", [["return y;", "return [...x];"]], "Nothing has turned"],
  [
    "neighbours",
    [
      ["[x[i], x[i + half]]", "[x[2 * i], x[2 * i + 1]]"],
      ["y[i] =", "y[2 * i] ="],
      ["y[i + half] =", "y[2 * i + 1] ="],
    ],
    "The pairs are neighbours",
  ],
  [
    "mirrored",
    [
      ["x[i + half]]", "x[2 * half - 1 - i]]"],
      ["y[i + half] =", "y[2 * half - 1 - i] ="],
    ],
    "The second half is read backwards",
  ],
  [
    "put side by side",
    [
      ["y[i] =", "y[2 * i] ="],
      ["y[i + half] =", "y[2 * i + 1] ="],
    ],
    "Put each back where it came from",
  ],
  [
    "the other way",
    [
      [turnedFirst, "a * Math.cos(angle) + b * Math.sin(angle)"],
      [turnedSecond, "b * Math.cos(angle) - a * Math.sin(angle)"],
    ],
    "It turns the other way",
  ],
  [
    "sine for cosine",
    [
      [turnedFirst, "a * Math.sin(angle) - b * Math.cos(angle)"],
      [turnedSecond, "b * Math.sin(angle) + a * Math.cos(angle)"],
    ],
    "Sine and cosine are exchanged",
  ],
  ["in place", [[turnedSecond, "b * Math.cos(angle) + y[i] * Math.sin(angle)"]], "had turned already"],
  ["what was given is changed", [["const y = [...x];", "const y = x;"]], "changes x itself"],
  ["only the first half", [[`y[i + half] = ${turnedSecond};`, ""]], "Only the first half has turned"],
  ["two plus signs", [[turnedFirst, "a * Math.cos(angle) + b * Math.sin(angle)"]], "Two plus signs"],
  ["no position", [["position * frequencies[i]", "frequencies[i]"]], "The position is missing"],
  ["no frequencies", [["position * frequencies[i]", "position"]], "All pairs turn equally fast"],
  ["one frequency", [["frequencies[i]", "frequencies[0]"]], "All pairs turn equally fast"],
  ["divided", [["position * frequencies[i]", "position / frequencies[i]"]], "You divide by the frequency"],
  ["degrees", [["position * frequencies[i]", "(position * frequencies[i] * Math.PI) / 180"]], "in radians already"],
  ["beyond the end", [["frequencies[i]", "frequencies[2 * i]"]], "only half as many frequencies"],
  ["a size written in", [["const half = x.length / 2;", "const half = 4;"]], "Is a size written into your code?"],
]);

const [masked, whose] = ["s > S - T + t ? -1e30 : 0", "Math.floor(h / sharers)"];
mistakes("05-language-decoders/04-grouped-query-attention", [
  ["no return", [["return q.map(", "q.map("]], "is there a return?"],
  [
    "no list",
    [
      ["return q.map(", "return ((list) => list[0])(q.map("],
      ["});\n}", "}));\n}"],
    ],
    "one result for each query head",
  ],
  ["no mask", [[".add(mask)", ""]], "it lets the future through"],
  ["the wrong way round", [[masked, "s < S - T + t ? -1e30 : 0"]], "The mask is the wrong way round"],
  ["one too late", [[masked, "s > S - T + t + 1 ? -1e30 : 0"]], "each token still sees the next one"],
  ["not itself", [[masked, "s >= S - T + t ? -1e30 : 0"]], "do not see themselves"],
  ["not itself, with infinity", [[masked, "s >= S - T + t ? -Infinity : 0"]], "Each token sees at least itself"],
  ["no older tokens", [[masked, "s > t ? -1e30 : 0"]], "query t stands at position S - T + t"],
  [
    "scores times 0",
    [
      [masked, "s > S - T + t ? 0 : 1"],
      [".add(mask)", ".mul(mask)"],
    ],
    "You multiply scores by 0",
  ],
  [
    "hidden after softmax",
    [
      [masked, "s > S - T + t ? 0 : 1"],
      [".add(mask)", ""],
      ["scores.softmax()", "scores.softmax().mul(mask)"],
    ],
    "The future is hidden after softmax",
  ],
  ["taking turns", [[whose, "h % k.length"]], "Your heads take turns"],
  ["one key head", [[whose, "0"]], "All query heads use key head 0"],
  ["the first take one each", [[whose, "Math.min(h, k.length - 1)"]], "takes a key head of its own"],
  ["not divided", [[".div(Math.sqrt(E))", ""]], "not divided by the root of E"],
  [
    "as it was given",
    [
      [".add(mask)", ""],
      [whose, "0"],
    ],
    "what the starter does",
  ],
  [
    "two things",
    [
      [".add(mask)", ""],
      [whose, "h % k.length"],
    ],
    "The mask is missing, and the heads take turns",
  ],
  ["something else", [["scores.softmax()", "scores.softmax(0)"]], "Which part is different?"],
]);

mistakes("05-language-decoders/05-sampling", [
  ["no return", [["return kept.map((share) => share / sum);", ""]], "is there a return?"],
  ["nothing cut off", [["return kept.map((share) => share / sum);", "return probabilities;"]], "Everything is kept"],
  ["not divided", [["return kept.map((share) => share / sum);", "return kept;"]], "do not sum to 1 any more"],
  ["divided by p", [["share / sum", "share / p"]], "You divide by p"],
  [
    "stopped too early",
    [["if (sum >= p) break;", "if (sum + probabilities[i] > p) break;"]],
    "The token that takes the sum over p is missing",
  ],
  ["not sorted", [[".sort((a, b) => probabilities[b] - probabilities[a])", ""]], "You go through the list as it comes"],
  [
    "least likely first",
    [["probabilities[b] - probabilities[a]", "probabilities[a] - probabilities[b]"]],
    "Begin with the likeliest",
  ],
  ["one too many", [["if (sum >= p) break;", "if (sum >= p + 0.1) break;"]], "One token too many"],
  ["sorted probabilities", [["return kept", "return order.map((i) => kept[i])"]], "keep the order"],
  [
    "only the kept",
    [["return kept", "return order.map((i) => kept[i]).filter((x) => x > 0)"]],
    "Each token needs its place",
  ],
  ["each must reach p", [["if (sum >= p) break;", "if (probabilities[i] < p) break;"]], "not one token"],
  ["a threshold", [["if (sum >= p) break;", "if (probabilities[i] < 0.2) break;"]], "a text needs a next token"],
  ["more than p", [["if (sum >= p) break;", "if (sum > p) break;"]], "so one token is enough"],
  [
    "the list is changed",
    [
      [
        "kept[i] = probabilities[i];\n    sum += probabilities[i];",
        "kept[i] = probabilities[i];\n    sum += probabilities[i];\n    probabilities[i] = 0;",
      ],
    ],
    "changes the list that it was given",
  ],
]);

mistakes("08-mixture-of-encoders/05-which-experts", [
  ["no return", [["return { path, runs };", ""]], "is there a return?"],
  ["all that is tried kept", [["path.push(chosen);", ""]], "No round was kept"],
  [
    "one round",
    [["while (chosen.length < experts.length) {", "for (let once = 0; once < 1; once++) {"]],
    "You stop after one",
  ],
  ["the worst", [["right > highest", "right < (best ? highest : Infinity)"]], "You keep the worst of a round"],
  ["never stops", [["if (highest - score <= least) break;", ""]], "The last round made it worse"],
  ["the wrong way round", [["highest - score <= least", "highest - score > least"]], "No round was kept"],
  [
    "added at the end",
    [["experts.filter((one) => one === name || chosen.includes(one))", "[...chosen, name]"]],
    "stand in another order",
  ],
  ["again and again", [["if (chosen.includes(name)) continue;", ""]], "trained more than once"],
  [
    "twice in one subset",
    [
      ["if (chosen.includes(name)) continue;", ""],
      ["experts.filter((one) => one === name || chosen.includes(one))", "[...chosen, name]"],
    ],
    "An expert stands in a subset twice",
  ],
  ["measured twice", [["[subset, right];", "[subset, measure(subset)];"]], "trained more than once"],
  [
    "ranked once",
    [
      [
        "const right = measure(subset);",
        "const right = { clip: 50, convnext: 46, dense: 52, text: 40 }[name]; measure(subset);",
      ],
      ["if (highest - score <= least) break;", ""],
    ],
    "You rank the experts once",
  ],
  [
    "the first that is better",
    [
      [
        "if (right > highest) [best, highest] = [subset, right];",
        "[best, highest] = [subset, right]; if (right > score) break;",
      ],
    ],
    "You take the first that is better",
  ],
  [
    "rounds counted",
    [
      ["runs += 1;", ""],
      ["path.push(chosen);", "path.push(chosen); runs += 1;"],
    ],
    "You count rounds",
  ],
  [
    "the last round not paid for",
    [
      [
        "if (highest - score <= least) break;",
        "if (highest - score <= least) { runs -= experts.length - chosen.length; break; }",
      ],
    ],
    "was paid for, too",
  ],
  ["the last of equals", [["right > highest", "right >= highest"]], "a and b are equal"],
  [
    "no gain is enough",
    [["highest - score <= least", "highest - score < least"]],
    "nothing is gained, and the expert costs",
  ],
  ["no least", [["highest - score <= least", "highest <= score"]], "With least = 4"],
  [
    "as much is enough",
    [["highest - score <= least", "highest - score <= 0 || highest - score < least"]],
    "the gain must be more than",
  ],
  [
    "only the names added",
    [["path.push(chosen);", "path.push([experts.find((one) => chosen.includes(one) && !path.flat().includes(one))]);"]],
    "only the expert that was added",
  ],
]);

mistakes("07-vision-language-models/01-a-projector-is-enough", [
  ["nothing returned", [["return { rows, positions };", ""]], "is there a return"],
  ["rows alone", [["return { rows, positions };", "return rows;"]], "two lists"],
  ["no pictures", [["for (const patch of pictures[next]) rows.push(patch);", ""]], "The pictures are missing"],
  [
    "in front",
    [
      ["for (const patch of pictures[next]) rows.push(patch);", ""],
      ["const positions", "rows.unshift(...pictures.flat());\n  const positions"],
    ],
    "All pictures stand in front",
  ],
  [
    "behind",
    [
      ["for (const patch of pictures[next]) rows.push(patch);", ""],
      ["const positions", "rows.push(...pictures.flat());\n  const positions"],
    ],
    "All pictures stand behind",
  ],
  [
    "one row each",
    [["for (const patch of pictures[next]) rows.push(patch);", "rows.push(pictures[next][0]);"]],
    "only the first row",
  ],
  [
    "the mean",
    [
      [
        "for (const patch of pictures[next]) rows.push(patch);",
        "const all = pictures[next]; rows.push(all[0].map((_, d) => all.reduce((sum, row) => sum + row[d], 0) / all.length));",
      ],
    ],
    "mean of a picture",
  ],
  ["backwards", [["of pictures[next])", "of [...pictures[next]].reverse())"]], "the other way round"],
  ["always the first", [["next += 1;", ""]], "The first picture stands in both"],
  [
    "the last first",
    [
      ["let next = 0;", "let next = pictures.length - 1;"],
      ["next += 1;", "next -= 1;"],
    ],
    "The pictures are exchanged",
  ],
  [
    "all in the first place",
    [["of pictures[next])", "of next ? [] : pictures.flat())"]],
    "Both pictures stand in the first",
  ],
  ["the second missing", [["of pictures[next])", "of next ? [] : pictures[0])"]], "The second picture is missing"],
  [
    "stops at the last picture",
    [["next += 1;", "next += 1;\n      if (next === pictures.length) break;"]],
    "What comes after the last picture is missing",
  ],
  [
    "words by place",
    [
      ["for (const id of ids) {", "for (const [i, id] of ids.entries()) {"],
      ["rows.push(words[id]);", "rows.push(words[i] ?? words[0]);"],
    ],
    "look words up by their place",
  ],
  [
    "the token stays",
    [["if (id === imageId) {", "if (id === imageId) {\n      rows.push(words[id]);"]],
    "A row is undefined",
  ],
  [
    "a list in the list",
    [["for (const patch of pictures[next]) rows.push(patch);", "rows.push(pictures[next]);"]],
    "one thing, a list in the list",
  ],
  ["places of the prompt", [["rows.map((_, i) => i)", "ids.map((_, i) => i)"]], "You count the prompt's tokens"],
  [
    "one place for a picture",
    [["rows.map((_, i) => i)", "ids.flatMap((id, i) => (id === imageId ? pictures[0].map(() => i) : [i]))"]],
    "share one place",
  ],
  [
    "again from 0",
    [
      ["let next = 0;", "let next = 0, at = 0;\n  const places = [];"],
      ["rows.push(patch);", "places.push(pictures[next].indexOf(patch)) && rows.push(patch);"],
      ["rows.push(words[id]);", "places.push(at++) && rows.push(words[id]);"],
      ["rows.map((_, i) => i)", "places"],
    ],
    "You begin again at 0",
  ],
  ["from 1", [["(_, i) => i)", "(_, i) => i + 1)"]], "The first place is 0"],
  ["four rows by heart", [["of pictures[next])", "of pictures[next].slice(0, 4))"]], "It works for 4 rows"],
  [
    "pictures only",
    [["for (const id of ids)", "if (pictures.length > 0) for (const id of ids)"]],
    "Without a picture in the prompt",
  ],
]);

mistakes("04-vision-transformers/04-registers", [
  ["no return", [["return [...lengths.keys()]", "[...lengths.keys()]"]], "is there a return?"],
  [
    "a number",
    [[".filter((i) => lengths[i] > factor * median);", ".filter((i) => lengths[i] > factor * median).length;"]],
    "Return a list of numbers",
  ],
  [
    "lengths instead of places",
    [["[...lengths.keys()].filter((i) => lengths[i] > factor * median)", "lengths.filter((x) => x > factor * median)"]],
    "not how long they are",
  ],
  ["special tokens kept", [["tokens.slice(special).map", "tokens.map"]], "Leave the first `special` out"],
  [
    "tokens numbered",
    [
      [
        "[...lengths.keys()].filter((i) => lengths[i] > factor * median)",
        "[...lengths.keys()].filter((i) => lengths[i] > factor * median).map((i) => i + special)",
      ],
    ],
    "You number tokens, not patches",
  ],
  ["only the class token left out", [["tokens.slice(special)", "tokens.slice(1)"]], "Lengths, their median"],
  [
    "the mean",
    [["> factor * median", "> (factor * lengths.reduce((a, b) => a + b)) / lengths.length"]],
    "You compare with the mean",
  ],
  ["no median", [["factor * median", "factor"]], "You compare with the factor itself"],
  ["no factor", [["factor * median", "median"]], "longer than `factor` times the median"],
  ["no root", [["Math.hypot(...vector)", "vector.reduce((sum, x) => sum + x * x, 0)"]], "Those are squares of lengths"],
  ["a sum", [["Math.hypot(...vector)", "vector.reduce((sum, x) => sum + x, 0)"]], "plus and minus cancel"],
  [
    "a sum of sizes",
    [["Math.hypot(...vector)", "vector.reduce((sum, x) => sum + Math.abs(x), 0)"]],
    "not the sum of sizes",
  ],
  ["sorted as words", [[".sort((a, b) => a - b)", ".sort()"]], "sorted as words"],
  ["not sorted", [[".sort((a, b) => a - b)", ""]], "before the list is sorted"],
  ["sorted in place", [["[...lengths].sort", "lengths.sort"]], "Sort a copy"],
  ["short ones", [["lengths[i] > factor * median", "lengths[i] < median / factor"]], "Outliers are long"],
  [
    "the lower middle",
    [["(sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2", "sorted[Math.ceil(half) - 1]"]],
    "the mean of the middle two",
  ],
  [
    "the upper middle",
    [["(sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2", "sorted[Math.floor(half)]"]],
    "the mean of the middle two",
  ],
  ["as long is enough", [["> factor", ">= factor"]], "6 is not more than 6"],
  [
    "two numbers written in",
    [["Math.hypot(...vector)", "Math.hypot(vector[0], vector[1] ?? 0)"]],
    "Is the length of a vector written into your code?",
  ],
]);

mistakes("10-post-training/03-dpo", [
  ["no return", [["return { loss, push };", ""]], "is there a return?"],
  [
    "no reference",
    [
      ["beta * (policyBetter - referenceBetter)", "beta * policyBetter"],
      ["beta * (policyWorse - referenceWorse)", "beta * policyWorse"],
    ],
    "The reference is missing",
  ],
  ["exchanged", [["rewardBetter - rewardWorse", "rewardWorse - rewardBetter"]], "Better and worse are exchanged"],
  [
    "no β",
    [
      ["beta * (policyBetter", "1 * (policyBetter"],
      ["beta * (policyWorse", "1 * (policyWorse"],
    ],
    "β is missing",
  ],
  [
    "β outside",
    [
      ["beta * (policyBetter", "1 * (policyBetter"],
      ["beta * (policyWorse", "1 * (policyWorse"],
      ["const loss = Math.max(0, -margin) +", "const loss = beta * (Math.max(0, -margin) +"],
      ["Math.log1p(Math.exp(-Math.abs(margin)));", "Math.log1p(Math.exp(-Math.abs(margin))));"],
    ],
    "β multiplies the loss",
  ],
  [
    "no logarithm",
    [["Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)))", "1 / (1 + Math.exp(-margin))"]],
    "That is the sigmoid itself",
  ],
  ["negative", [["const loss = Math.max(0, -margin) +", "const loss = -Math.max(0, -margin) -"]], "The sign"],
  ["the margin", [["Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)))", "-margin"]], "That is the margin"],
  ["only the better one", [["rewardBetter - rewardWorse", "rewardBetter"]], "Only the better answer counts"],
  [
    "added",
    [
      ["policyBetter - referenceBetter", "policyBetter + referenceBetter"],
      ["policyWorse - referenceWorse", "policyWorse + referenceWorse"],
    ],
    "subtract the reference",
  ],
  ["push without β", [["beta / (1 + Math.exp(margin))", "1 / (1 + Math.exp(margin))"]], "β is missing in the push"],
  [
    "push grows",
    [["beta / (1 + Math.exp(margin))", "beta / (1 + Math.exp(-margin))"]],
    "A pair that is in order already",
  ],
  [
    "not stable",
    [["Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)))", "-Math.log(1 / (1 + Math.exp(-margin)))"]],
    "The loss is no number any more",
  ],
]);

mistakes("10-post-training/02-reward-models", [
  [
    "no return",
    [["return { loss, head: head.map((w, i) => w + rate * pull * (better[i] - worse[i])) };", ""]],
    "is there a return?",
  ],
  [
    "exchanged",
    [["dot(head, better) - dot(head, worse)", "dot(head, worse) - dot(head, better)"]],
    "The worse answer's reward comes first",
  ],
  [
    "a probability",
    [["Math.log1p(Math.exp(-margin))", "1 / (1 + Math.exp(-margin))"]],
    "That is the probability of the choice",
  ],
  ["negative", [["const loss = Math.log1p", "const loss = -Math.log1p"]], "The sign"],
  [
    "only the better one",
    [["dot(head, better) - dot(head, worse)", "dot(head, better)"]],
    "Only the better answer's reward counts",
  ],
  ["no sigmoid", [["Math.log1p(Math.exp(-margin))", "-margin"]], "That is minus the margin"],
  ["not moved", [["w + rate * pull * (better[i] - worse[i])", "w"]], "The head has not moved"],
  ["up the slope", [["w + rate", "w - rate"]], "It moves up the slope"],
  ["every pair pulls alike", [["1 / (1 + Math.exp(margin))", "1"]], "Every pair pulls as hard"],
  ["the pull grows", [["1 / (1 + Math.exp(margin))", "1 / (1 + Math.exp(-margin))"]], "The pull is σ(margin)"],
  ["towards the better one only", [["(better[i] - worse[i])", "better[i]"]], "What both answers share"],
  ["no step size", [["rate * pull", "pull"]], "The step size is missing"],
  [
    "in place",
    [
      [
        "return { loss, head: head.map((w, i) => w + rate * pull * (better[i] - worse[i])) };",
        "better.forEach((x, i) => (head[i] += rate * pull * (x - worse[i])));\n  return { loss, head };",
      ],
    ],
    "changes the list that it was given",
  ],
]);

{
  const moves = "w.map((x, i) => x - rate * (g[i] + decay * x))";
  mistakes("08-mixture-of-encoders/04-three-stages", [
    ["no rule", [["return learning[stage].some((part) => name.startsWith(part));", ""]], "is there a return?"],
    [
      "pieces of names",
      [["name.startsWith(part)", 'name.includes(part.includes("proj") ? "proj" : part)']],
      "You treat",
    ],
    [
      "language model in pre-alignment",
      [['"pre-alignment": [', '"pre-alignment": ["language_model.", ']],
      "learns to be understood",
    ],
    [
      "experts in the projector stage",
      [["projector: [", 'projector: ["vision_towers.", ']],
      "as pre-alignment left them",
    ],
    ["LLaVA's SFT", [['SFT: ["vision_towers.", ', "SFT: ["]], "LLaVA is the one"],
    ["no return", [["return next;", ""]], "is there a return?"],
    ["all move", [["isTrained(name, stage) ?", "true ?"]], "the gradient only passed through"],
    ["frozen decay", [[": w;", ": w.map((x) => x - rate * decay * x);"]], "has decayed"],
    ["frozen zeros", [[": w;", ": w.map(() => 0);"]], "not switched off"],
    ["frozen left out", [["next[name] =", "if (isTrained(name, stage)) next[name] ="]], "Some names are missing"],
    ["no decay", [["(g[i] + decay * x)", "g[i]"]], "The weight decay is missing"],
    ["uphill", [["x - rate", "x + rate"]], "You walk uphill"],
    ["no rate", [["rate * (", "("]], "The rate is missing"],
    ["decay away from zero", [["+ decay", "- decay"]], "wrong sign"],
    ["decay outside", [["rate * (g[i] + decay * x)", "rate * g[i] - decay * x"]], "not multiplied by the rate"],
    ["the step itself", [["x - rate", "rate"]], "the step by itself"],
    [
      "in place",
      [[moves, "w.map((x, i) => (w[i] = x - rate * (g[i] + decay * x)))"]],
      "What you were given has changed",
    ],
  ]);
}

mistakes("09-llama-3-2-vision/02-tiles-and-taps", [
  ["no return", [["return equals.sort", "equals.sort"]], "is there a return?"],
  ["the largest scale", [["? Math.min(...large)", "? Math.max(...large)"]], "enlarging adds nothing"],
  [
    "rows for columns",
    [["const scaleOf = ([rows, columns])", "const scaleOf = ([columns, rows])"]],
    "columns go with the width",
  ],
  [
    "one side only",
    [
      [
        "Math.min((columns * side) / picture.width, (rows * side) / picture.height)",
        "(columns * side) / picture.width",
      ],
    ],
    "Both sides have to fit",
  ],
  [
    "the smallest when none holds it",
    [[": Math.max(...scalesOf)", ": Math.min(...scalesOf)"]],
    "No grid holds it whole",
  ],
  ["the first of equals", [[".sort((a, b) => a[0] * a[1] - b[0] * b[1])", ""]], "fewer tiles"],
  [
    "a size as a number",
    [
      ["(columns * side)", "(columns * 64)"],
      ["(rows * side)", "(rows * 64)"],
    ],
    "written into your code",
  ],
]);
mistakes("09-llama-3-2-vision/03-text-unchanged", [
  ["bits counted", [["count += 1;", "count += 32;"]], "not bits"],
  ["a tolerance", [["one[i] !== two[i]", "Math.abs(a[i] - b[i]) > 1e-6"]], "last bit only"],
  ["values", [["one[i] !== two[i]", "!Object.is(a[i], b[i]) && a[i] !== b[i]"]], "0 === -0"],
  ["NaN", [["one[i] !== two[i]", "a[i] !== b[i] || Object.is(a[i], -0) !== Object.is(b[i], -0)"]], "NaN === NaN"],
  ["from the start of the memory", [["b.buffer, b.byteOffset, b.length", "b.buffer, 0, b.length"]], "byteOffset"],
  ["lengths", [["if (a.length !== b.length) throw", "if (false) throw"]], "ends early"],
]);
mistakes("09-llama-3-2-vision/04-projector-or-cross-attention", [
  ["no return", [["return perPlace * pairs", "perPlace * pairs"]], "is there a return?"],
  ["keys only", [["const perPlace = 2 *", "const perPlace = 1 *"]], "a key and a value"],
  ["bytes forgotten", [[" * model.bytes", ""]], "takes model.bytes bytes"],
  ["one layer", [["model.layers * (use.words + use.places)", "use.words + use.places"]], "Every layer keeps its own"],
  ["no picture in the row", [["(use.words + use.places)", "use.words"]], "stand in the row"],
  [
    "words in the layers that look",
    [["model.looking * use.places", "model.looking * (use.words + use.places)"]],
    "questions are not kept",
  ],
  [
    "the picture in both",
    [["model.layers * use.words +", "model.layers * (use.words + use.places) +"]],
    "not in the row now",
  ],
  [
    "looking layers instead",
    [["model.layers * use.words +", "(model.layers - model.looking) * use.words +"]],
    "additional",
  ],
  ["a size as a number", [["model.headDim", "128"]], "written into your code"],
]);
mistakes("10-post-training/01-supervised-fine-tuning", [
  ["no return", [["return sum / count;", ""]], "is there a return?"],
  ["no shift", [["(t - 1) * V", "t * V"]], "the shift by one"],
  ["the prompt too", [["if (!isAnswer[t]) continue;", ""]], "The prompt counts too"],
  ["a sum", [["sum / count", "sum"]], "This is a sum"],
  ["all tokens", [["sum / count", "sum / T"]], "all tokens of the row"],
  ["the sign", [["sum -=", "sum +="]], "The sign is wrong"],
  ["base 2", [["Math.log(p", "Math.log2(p"]], "base 2"],
  [
    "the first token counted",
    [
      ["let t = 1;", "let t = 0;"],
      ["sum -= Math.log(p[(t - 1) * V + ids[t]])", "if (t > 0) sum -= Math.log(p[(t - 1) * V + ids[t]])"],
    ],
    "Begin at token 1",
  ],
]);
mistakes("10-post-training/04-synthetic-data", [
  ["no return", [["return chosen;", ""]], "is there a return?"],
  [
    "a bar for all",
    [["second && best.reward - second.reward >= margin", "second && best.reward >= margin"]],
    "beside others of the same question",
  ],
  ["the worst", [["b.reward - a.reward", "a.reward - b.reward"]], "2 ahead of no"],
  ["no margin", [["second && best.reward - second.reward >= margin", "second"]], "only 0.2 ahead"],
  ["one alone", [["second && best.reward", "!second || best.reward"]], "one candidate"],
  ["copies counted", [["if (!group.some(({ answer }) => answer === one.answer)) group", "group"]], "not the copy"],
  ["in order of reward", [["return chosen;", "return chosen.reverse();"]], "in the order"],
  ["more than the margin", [[">= margin", "> margin"]], "At least the margin"],
]);
