"""Llama 3.2 Vision: gated cross-attention on the frozen llama-tiny, through every stage that its makers describe."""
