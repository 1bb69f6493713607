/** Tokenizers: from text to token ids and back, and chats as text, as the files of a checkpoint say. */
export { openTokenizer, type BatchEncoding, type Tokenizer, type TokenizerFiles, type TokenStream } from "./tokenizer";
export { renderChatTemplate, type ChatMessage, type ChatTemplateOptions } from "./chat-template";
