"""Every door, with what nobody should ever send through it."""
