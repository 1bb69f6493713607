/** Packages without types of their own; cells use them, this code only passes them on. */
declare module "@observablehq/inputs";
