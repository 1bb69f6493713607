"""What the models that answer questions about scenes share: questions, rows of many questions about one picture, greedy
answers, scores, and stages kept as differences of weights."""
