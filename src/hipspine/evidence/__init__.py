"""Published values, each with its source; `tables` reads them."""
