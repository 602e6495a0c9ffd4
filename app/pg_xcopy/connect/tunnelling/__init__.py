"""A tunnel through a bastion, in a process of its own: the only package that imports the SSH library."""
