"""`python -m bot doctor`: whether everything is right, and what to do where it is not. It reads, and changes nothing."""
