"""How many unseen mistakes get a name, and whether the name is right."""
