"""The figures we promise, measured as ratios: both sides run in turns, on the same machine, in the same minute."""
