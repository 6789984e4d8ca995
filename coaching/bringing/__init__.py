"""Files as other products write them: how their text is read, what their columns mean, and the sessions in them.

Nothing here is guessed. What a file does not say by itself is a question, and the answers are kept in a `FileMap`.
"""
