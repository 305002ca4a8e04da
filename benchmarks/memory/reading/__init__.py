"""How the reader was made, which tells whether a passage answers a question: `prepare` makes the file that it learns
from, `train` changes multilingual-e5-small on it; `missing` makes another of questions whose answer is not there, on
which `tune` goes on. Nothing here runs in the product."""
