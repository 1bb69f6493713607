/** public/models/llama-tiny gives what `transformers` gives. */
import { testLanguageModel } from "./language";

testLanguageModel("llama-tiny");
