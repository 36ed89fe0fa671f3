"""The example class, read from files as the command reads them."""

import pytest

from autograder.integrations.classbook import ClassBook
from tests.reports import example_class


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> ClassBook:
    return example_class.book(tmp_path_factory.mktemp("class"))
