"""What calls the pipeline: one process with a metronome, or many machines with a queue."""
