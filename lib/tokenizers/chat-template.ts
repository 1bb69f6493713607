/**
 * Chats as text: a checkpoint's template, in Jinja, says how. The template comes from a stranger's file, so it runs on
 * a budget: so many steps, so much text, so much time. https://huggingface.co/docs/transformers/chat_templating
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";

/** `content` is a text, or, for models that see, a list of parts: { type: "image" }, { type: "text", text: "…" }. */
export type ChatMessage = {
  role: string;
  content: string | readonly Record<string, unknown>[];
  [more: string]: unknown;
};

export type ChatTemplateOptions = {
  /** Whether the text ends where the answer begins [false] */
  addGenerationPrompt?: boolean;
  /** What `strftime_now` tells [now] */
  now?: Date;
  /** Further variables that the template asks for: tools, date_string, … */
  variables?: Readonly<Record<string, unknown>>;
};

/** Far above the longest published template (about 20,000 characters, some thousand steps per message). */
const LIMITS = { template: 1_000_000, steps: 1_000_000, text: 2_000_000, items: 100_000, milliseconds: 3_000 };

/**
 * @param specialTokens by the names that templates call them: bos_token, eos_token, …
 * @throws one sentence when the template is no Jinja, asks for too much, or refuses the messages.
 */
export function renderChatTemplate(
  template: string,
  messages: readonly ChatMessage[],
  specialTokens: Readonly<Record<string, string>>,
  { addGenerationPrompt = false, now, variables = {} }: ChatTemplateOptions = {},
): string {
  if (template.length > LIMITS.template) {
    throw new Error(
      `chat template: expected at most ${LIMITS.template} characters, got ${template.length}; give another one`,
    );
  }
  const scope = new Environment();
  const globals = { true: true, false: false, none: null, True: true, False: false, None: null };
  const functions = {
    raise_exception: refuse,
    range: boundedRange,
    strftime_now: (format: string) => date(format, now),
  };
  const known = { ...specialTokens, messages, add_generation_prompt: addGenerationPrompt };
  for (const [name, value] of Object.entries({ ...variables, ...known, ...functions, ...globals })) {
    scope.set(name, value);
  }
  try {
    const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
    return new BudgetedInterpreter(scope).run(program).value as string;
  } catch (error) {
    if (error instanceof RefusedByTemplate) throw new Error(`chat template: ${error.message}`);
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new Error(`chat template: expected a Jinja template that renders these messages, got: ${why}`);
  }
}

/** What the template's authors say to messages that it is not made for. */
class RefusedByTemplate extends Error {}

function refuse(message: unknown): never {
  throw new RefusedByTemplate(String(message).slice(0, 1000));
}

type Step = Parameters<Interpreter["evaluate"]>;
type Value = ReturnType<Interpreter["evaluate"]>;

/**
 * Counts each step, and weighs each value before the next step can make more of it. One step can make at most as much
 * as JavaScript's longest text, half a billion characters, for a moment.
 */
class BudgetedInterpreter extends Interpreter {
  #steps = 0;
  readonly #until = performance.now() + LIMITS.milliseconds;

  override evaluate(...step: Step): Value {
    this.#steps++;
    if (this.#steps > LIMITS.steps) throw new Error(`more than ${LIMITS.steps} steps`);
    if (this.#steps % 1024 === 0 && performance.now() > this.#until) {
      throw new Error(`more than ${LIMITS.milliseconds / 1000} seconds`);
    }
    return weighed(super.evaluate(...step));
  }
}

function weighed(value: Value): Value {
  const inner: unknown = value.value;
  if (typeof inner === "string" && inner.length > LIMITS.text) throw new Error(`more than ${LIMITS.text} characters`);
  if (Array.isArray(inner) && inner.length > LIMITS.items) throw new Error(`a list of more than ${LIMITS.items}`);
  return value;
}

/** Python's range, but not of billions. */
function boundedRange(first: number, second?: number, step = 1): number[] {
  const [from, to] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(length) || length > LIMITS.items) throw new Error(`a range of more than ${LIMITS.items}`);
  return Array.from({ length }, (_, i) => from + i * step);
}

/** The parts of Python's strftime that templates use, in English as there. */
function date(format: string, now = new Date()): string {
  const part = (options: Intl.DateTimeFormatOptions) => now.toLocaleDateString("en-US", options);
  const two = (n: number) => String(n).padStart(2, "0");
  const parts: Record<string, string> = {
    Y: String(now.getFullYear()),
    y: two(now.getFullYear() % 100),
    m: two(now.getMonth() + 1),
    d: two(now.getDate()),
    b: part({ month: "short" }),
    B: part({ month: "long" }),
    a: part({ weekday: "short" }),
    A: part({ weekday: "long" }),
    H: two(now.getHours()),
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    "%": "%",
  };
  return format.replace(/%([YymdbBaAHMS%])/g, (_, letter: string) => parts[letter]!);
}
