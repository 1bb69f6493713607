"""The language model of the course: corpus, tokenizer, `llama-tiny`, its evaluation."""
