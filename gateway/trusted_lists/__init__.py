"""Following trusted lists: proposed and confirmed by two persons once, from then on kept up to date by themselves."""
