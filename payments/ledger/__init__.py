"""Double entry in whole minor units: accounts, entries that balance by construction, rules, balances. No I/O."""
