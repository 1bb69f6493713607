"""Eagle of this course: vision experts, a fusion, a projector and llama-tiny, trained in the stages of arXiv 2408.15998.

`python -m training eagle all`; recipe.py says what is trained for how long, stages.py how, ablations.py what is compared.
"""
