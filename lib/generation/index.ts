/** Next tokens: choosing them, stopping, streaming text. */
export { chat, complete } from "./chat";
export { generate, type Decoder, type DecoderCache, type GeneratedToken, type GenerateOptions } from "./generate";
export { processLogits, type SamplingOptions } from "./sampling";
