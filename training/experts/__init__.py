"""The vision experts of the mixture: small encoders, each trained to do something else with the same scenes.

`python -m training expert clip train` and so on; what an expert is, is in a file of its own: its model, its batches, its
loss, its measure. The loop is training/trainer.py's.
"""
