"""What a run did that its recipe alone does not repeat, read from its log."""


def replanned(log: dict) -> str:
    """A sentence if the learning rate fell and rose again, which a run does whose steps were planned anew; else nothing."""
    steps = [step for step in log["steps"] if step["step"] > log["recipe"]["warmup"]]
    rises = [b["step"] for a, b in zip(steps, steps[1:]) if b["lr"] > 1.001 * a["lr"]]
    if not rises:
        return ""
    at = " and ".join(f"{step:,}" for step in rises)
    return f"Unlike the recipe, the learning rate had already fallen and rose again near step {at}: more steps were planned then."
