"""What is known about things, and since when: facts made of statements, the network that they form, and pictures of it.
Functions over records; nothing here reads a database, a clock or a file of the user's."""
