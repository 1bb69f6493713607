"""Where things are, relative to the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "public" / "models"
FIXTURES = ROOT / "tests" / "fixtures"
DATA = ROOT / "training" / "data"
RUNS = ROOT / "training" / "runs"
