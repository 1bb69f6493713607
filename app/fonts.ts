/** The three typefaces, served by the course itself. Next adds a fallback of the same metrics, so that nothing jumps. */
import localFont from "next/font/local";

const literata = localFont({
  src: "../node_modules/@fontsource-variable/literata/files/literata-latin-opsz-normal.woff2",
  variable: "--font-literata",
  weight: "200 900",
  display: "swap",
  adjustFontFallback: "Times New Roman",
});

const literataItalic = localFont({
  src: "../node_modules/@fontsource-variable/literata/files/literata-latin-wght-italic.woff2",
  variable: "--font-literata-italic",
  weight: "200 900",
  style: "italic",
  display: "swap",
  preload: false,
  adjustFontFallback: "Times New Roman",
});

const instrumentSans = localFont({
  src: "../node_modules/@fontsource-variable/instrument-sans/files/instrument-sans-latin-wght-normal.woff2",
  variable: "--font-instrument-sans",
  weight: "400 700",
  display: "swap",
  adjustFontFallback: "Arial",
});

const jetbrainsMono = localFont({
  src: "../node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
  variable: "--font-jetbrains-mono",
  weight: "100 800",
  display: "swap",
  preload: false,
  adjustFontFallback: false,
});

/** Defines --font-literata, --font-literata-italic, --font-instrument-sans and --font-jetbrains-mono. */
export const fontVariables = [literata, literataItalic, instrumentSans, jetbrainsMono]
  .map(({ variable }) => variable)
  .join(" ");
