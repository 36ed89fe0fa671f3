"""What the notebooks' experiments use: data sets, a training loop, the guard, and the pictures.

Nothing here answers a row. Import the module that you need, `from autograder.lab import data`;
matplotlib and scikit-learn are loaded only when something is drawn or loaded.
"""
