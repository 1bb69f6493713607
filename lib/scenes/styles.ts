/**
 * The emoji sets that things are drawn in. Each is a style: the same cat in eleven hands. Ten are for training; OpenMoji
 * is held out, so that a model's accuracy on it says what the model knows about cats and not about one set's cats.
 *
 * `oneInk` styles are drawings in one colour on nothing: the scene gives them an ink.
 * Some sets lack some things: atlas.json and `Atlas.has` say which.
 */

export type Style = {
  name: string;
  title: string;
  author: string;
  licence: string;
  url: string;
  oneInk: boolean;
};

const list = [
  {
    name: "noto",
    title: "Noto Emoji",
    author: "Google",
    licence: "Apache-2.0",
    url: "https://github.com/googlefonts/noto-emoji",
    oneInk: false,
  },
  {
    name: "twemoji",
    title: "Twemoji",
    author: "Twitter and the contributors of jdecked/twemoji",
    licence: "CC-BY-4.0",
    url: "https://github.com/jdecked/twemoji",
    oneInk: false,
  },
  {
    name: "fluent-emoji-flat",
    title: "Fluent Emoji, flat",
    author: "Microsoft",
    licence: "MIT",
    url: "https://github.com/microsoft/fluentui-emoji",
    oneInk: false,
  },
  {
    name: "fluent-emoji",
    title: "Fluent Emoji, colour",
    author: "Microsoft",
    licence: "MIT",
    url: "https://github.com/microsoft/fluentui-emoji",
    oneInk: false,
  },
  {
    name: "fluent-emoji-high-contrast",
    title: "Fluent Emoji, high contrast",
    author: "Microsoft",
    licence: "MIT",
    url: "https://github.com/microsoft/fluentui-emoji",
    oneInk: true,
  },
  {
    name: "emojione",
    title: "EmojiOne 2",
    author: "Emoji One and the contributors of EmojiTwo",
    licence: "CC-BY-4.0",
    url: "https://github.com/EmojiTwo/emojitwo",
    oneInk: false,
  },
  {
    name: "noto-v1",
    title: "Noto Emoji, first version",
    author: "Google",
    licence: "Apache-2.0",
    url: "https://github.com/googlefonts/noto-emoji",
    oneInk: false,
  },
  {
    name: "emojione-monotone",
    title: "EmojiOne 2, monotone",
    author: "Emoji One and the contributors of EmojiTwo",
    licence: "CC-BY-4.0",
    url: "https://github.com/EmojiTwo/emojitwo",
    oneInk: true,
  },
  {
    name: "fxemoji",
    title: "FxEmojis",
    author: "Mozilla",
    licence: "Apache-2.0",
    url: "https://github.com/mozilla/fxemoji",
    oneInk: false,
  },
  {
    name: "streamline-emojis",
    title: "Streamline Emojis",
    author: "Streamline",
    licence: "CC-BY-4.0",
    url: "https://github.com/webalys-hq/streamline-vectors",
    oneInk: false,
  },
  {
    name: "openmoji",
    title: "OpenMoji",
    author: "the OpenMoji project, HfG Schwäbisch Gmünd",
    licence: "CC-BY-SA-4.0",
    url: "https://github.com/hfg-gmuend/openmoji",
    oneInk: false,
  },
] as const satisfies readonly Style[];

export type StyleName = (typeof list)[number]["name"];

/** All styles; the position is the style index in `styles.u8` of `npm run scenes`. */
export const styles: readonly (Style & { name: StyleName })[] = list;

/** The style that no training scene shows. */
export const heldOutStyle = "openmoji" satisfies StyleName;

export const trainingStyles: readonly StyleName[] = list
  .map((style) => style.name)
  .filter((name) => name !== heldOutStyle);

export function styleNamed(name: string): Style & { name: StyleName } {
  const style = styles.find((candidate) => candidate.name === name);
  if (!style) {
    throw new Error(
      `scenes: expected one of the styles ${styles.map((s) => s.name).join(", ")}, got ${JSON.stringify(name)}`,
    );
  }
  return style;
}
