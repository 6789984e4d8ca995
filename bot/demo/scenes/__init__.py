"""The tour's scenes: what each person does, and what is promised to them on the way."""
