"""Trees of other programs, read by their documented attributes; none of them is imported to read."""

from models.toolkits.nltk import from_nltk, to_nltk
from models.toolkits.spacy import from_spacy
from models.toolkits.stanza import from_stanza

__all__ = ["from_nltk", "from_spacy", "from_stanza", "to_nltk"]
