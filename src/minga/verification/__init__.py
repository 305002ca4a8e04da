"""Is it right: checks of an answer and of the files that were changed for it, without asking a model.

Each check looks for claims of one kind and proves or refutes them; what is of no kind that can be checked stays
labelled as such. It changes nothing and decides nothing: whether another agent is asked is the pipeline's affair.
Entry: `judge.Judge`.
"""
