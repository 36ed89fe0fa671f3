"""INSTRUCTOR: catalogues of translations: what is to translate, what is, and what does not hold."""

from autograder.translation.catalogue import Catalogue, open_catalogues, problems, states

__all__ = ["Catalogue", "open_catalogues", "problems", "states"]
