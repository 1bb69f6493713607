"""Plain PyTorch of what has no reference implementation: written from the papers, read as slowly as the papers, and the
judge of the TypeScript. Eagle's paper tells of five ways to fuse vision experts and releases one of them; `fusion` has all
five, `deformable_attention` the operation that one of them needs, and `eagle` the whole model around them, with towers and
language model from `transformers`."""
