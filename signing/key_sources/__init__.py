"""Where private keys live: files, tokens; one adapter for each, all behind one port."""
