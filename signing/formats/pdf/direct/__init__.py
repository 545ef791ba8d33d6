"""The direct path: one plain signature appended to a plain PDF without a PDF library.

It reads only what the new revision touches and answers NotSure wherever a file is not as plain as it expects; then
the library's way (prepare.py) decides. It never refuses by itself. Source: ISO 32000-2:2020, 7.5 and 12.8.
"""
