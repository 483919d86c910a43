"""What does the citizen see? Kivy lives here and nowhere else."""
