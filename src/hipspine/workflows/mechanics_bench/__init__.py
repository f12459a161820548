"""Parts of `hipspine bench mechanics`: line field, paths, load sharing, atlas, each beside the peers that are installed."""
