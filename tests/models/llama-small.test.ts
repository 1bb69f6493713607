/** public/models/llama-small gives what `transformers` gives. */
import { testLanguageModel } from "./language";

testLanguageModel("llama-small");
