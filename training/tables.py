"""Tables and shares as model cards show them."""


def percent(part: dict, of: str = "scenes") -> str:
    low, high = part["interval95"]
    return f"{part['accuracy']:.1%} ({low:.1%} to {high:.1%}, {part['count']:,} {of})"


def table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(3, *(len(line[i]) for line in [head, *rows])) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths)] for line in lines)  # as Prettier writes tables
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)
