"""What other files of minigrad share and users of minigrad never need."""
