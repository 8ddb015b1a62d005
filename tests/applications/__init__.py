"""Web applications as Debian ships them, well kept and left alone."""
