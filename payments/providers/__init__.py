"""Payment providers, one folder each; a provider's own words stop at its folder."""
