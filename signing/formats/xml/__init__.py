"""XML signatures as XAdES wants them: XML in, XML out."""
