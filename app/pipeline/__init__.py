"""State -> compress -> run -> compare -> Result, each stage kept."""
