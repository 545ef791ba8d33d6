"""Receipts: their forms and series, amounts in words, the document, and the seal that the gateway hands in."""
