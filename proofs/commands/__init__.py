"""The commands of `adoptproof` that are more than a few lines, one module each, with a function `register`."""
