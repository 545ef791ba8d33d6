"""PAdES signatures in PDF files: inspect, prepare, complete."""
