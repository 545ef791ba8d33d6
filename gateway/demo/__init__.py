"""The main job, played from end to end against real processes on loopback."""
