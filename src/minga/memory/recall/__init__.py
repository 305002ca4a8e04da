"""Which passages answer a question: words, features of question and passage, and the learned order of candidates."""
