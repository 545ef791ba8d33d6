"""What each procedure costs: formulas to read, files to import, reductions on their legal ground. No I/O."""
