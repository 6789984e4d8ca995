"""`python -m bot doctor`: checks whether everything is right and says what to do if not. It only reads."""
