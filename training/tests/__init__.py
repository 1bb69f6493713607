"""What can be checked of training without training: `python -m unittest discover -t . -s training/tests`, in seconds."""
