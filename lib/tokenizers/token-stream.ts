/**
 * Text from tokens that come one by one. A character may be spread over several tokens, so the start of one waits for
 * its end. The few tokens before are decoded again with each new one, because some tokenizers write a token differently
 * at the start of a text; the cost per token does not grow with the text.
 */
export type TokenStream = {
  /** The text that this token makes whole; often "", for the first parts of a character. */
  push(id: number): string;
  /** What still waits: half characters, as �. */
  end(): string;
};

/** What decoders put for bytes that are no character, or not yet: one for each, at most three before the last byte. */
const HALF = /\ufffd+$/u;

/** Tokens that are decoded together, at most: only nonsense has no whole character at its end for so long. */
const MAX_WINDOW = 64;

export function openTokenStream(decode: (ids: readonly number[]) => string): TokenStream {
  let window: number[] = [];
  let before = 0; // how many of the window's tokens were shown whole, and are there as context
  let shown = 0; // how many characters of the window's text were shown

  const show = (text: string): string => {
    const fresh = text.slice(shown);
    shown = Math.max(shown, text.length);
    return fresh;
  };
  const moveOn = () => {
    window = window.slice(before);
    before = window.length;
    shown = decode(window).length;
  };
  return {
    push(id) {
      window.push(id);
      const text = decode(window);
      const whole = window.length > MAX_WINDOW ? text : text.replace(HALF, "");
      const fresh = show(whole);
      if (fresh !== "" && whole === text) moveOn();
      return fresh;
    },
    end: () => show(decode(window)),
  };
}
