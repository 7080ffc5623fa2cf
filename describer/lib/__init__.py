"""Plain tools that know nothing of Describer: deadlines, guarded addresses, log context, lenient JSON, CSV cells."""
