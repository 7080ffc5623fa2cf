"""What people do with their asks beside asking: presets, and the filters of what a list holds."""
